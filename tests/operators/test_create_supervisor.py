"""`manage.py create_supervisor`: the first supervisor, and a new token for one."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from operators.models import MAX_OPERATOR_ID, Operator, OperatorToken
from tests.factories import OperatorFactory


def create_supervisor(**options: object) -> tuple[str, str]:
    """Return what it printed on standard output and on standard error."""
    out, err = StringIO(), StringIO()
    call_command("create_supervisor", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_it_makes_a_supervisor_and_prints_only_the_token(db: None) -> None:
    out, err = create_supervisor()

    operator = Operator.objects.get()
    assert (operator.pk, operator.name) == (1, "Supervisor")
    assert (operator.is_supervisor, operator.is_active) == (True, True)
    assert not operator.has_usable_password()
    assert "Operator 1 is a supervisor." in err
    token = out.strip()
    assert token not in err
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get("/mail/inbox/").status_code == 200


def test_an_existing_supervisor_gets_another_token(db: None) -> None:
    first, _ = create_supervisor(operator_id=7, name="Мария")

    second, _ = create_supervisor(operator_id=7, name="Somebody else")

    assert first != second
    assert Operator.objects.get().name == "Мария"
    assert OperatorToken.objects.count() == 2


@pytest.mark.parametrize("operator_id", [0, -1, MAX_OPERATOR_ID + 1, 10**40])
def test_an_id_out_of_range_is_refused(db: None, operator_id: int) -> None:
    with pytest.raises(CommandError, match="--operator-id must be from 1 to 2147483647"):
        create_supervisor(operator_id=operator_id)

    assert not Operator.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 151])
def test_a_bad_name_is_refused(db: None, name: str) -> None:
    with pytest.raises(CommandError, match="--name must have 1 to 150 characters"):
        create_supervisor(name=name)

    assert not Operator.objects.exists()


@pytest.mark.parametrize("rights", [{}, {"is_supervisor": True, "is_active": False}])
def test_it_does_not_promote_an_existing_operator(db: None, rights: dict[str, bool]) -> None:
    operator = OperatorFactory.create(**rights)

    with pytest.raises(CommandError, match="exists and is no active supervisor"):
        create_supervisor(operator_id=operator.pk)

    assert not OperatorToken.objects.exists()
    assert Operator.objects.filter(is_supervisor=True, is_active=True).count() == 0
