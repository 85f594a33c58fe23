"""The constraints that the database has on operators."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from operators.models import Operator

GOOD = {
    "id": 7,
    "name": "Мария",
    "email": "",
    "password": "!",
    "is_active": True,
    "is_supervisor": False,
    "created_at": timezone.now(),
}


def insert(**values: Any) -> None:
    row = {**GOOD, **values}
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO operators_operator ({names}) VALUES ({marks})",  # noqa: S608 - names of ours
            list(row.values()),
        )


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"id": 0}, "operator_id_is_positive"),
        ({"id": -1}, "operators_operator_id_check|operator_id_is_positive"),
        ({"name": ""}, "operator_has_a_name"),
    ],
)
def test_a_bad_row_is_refused(db: None, values: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        insert(**values)

    assert not Operator.objects.exists()


def test_an_address_has_one_operator(db: None) -> None:
    insert(email="maria@example.com")
    insert(id=8)
    insert(id=9)

    with pytest.raises(IntegrityError, match="operator_email_is_unique"):
        insert(id=10, email="Maria@Example.com")
    assert Operator.objects.count() == 3


def test_a_valid_row_is_stored_once(db: None) -> None:
    insert()

    with pytest.raises(IntegrityError, match="operators_operator_pkey"):
        insert(name="Пётр")
    assert Operator.objects.get().name == "Мария"
