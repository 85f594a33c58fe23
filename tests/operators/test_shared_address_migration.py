"""The migration that lets one operator keep an address that several share."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from operators.models import Operator
from tests.factories import OperatorFactory


@pytest.mark.django_db
def test_of_operators_with_one_address_the_first_keeps_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX operator_email_is_unique")
    for pk, email in enumerate(["a@example.com", "", "A@example.com", "", "b@example.com"], 1):
        OperatorFactory.create(pk=pk, email=email)

    import_module("operators.migrations.0002_operators_day").drop_shared_addresses(apps, None)

    emails = list(Operator.objects.order_by("pk").values_list("email", flat=True))
    assert emails == ["a@example.com", "", "", "", "b@example.com"]
    report = capsys.readouterr().out
    assert "Operators 1 and 3 have one address" in report
    assert report.count("have one address") == 1
