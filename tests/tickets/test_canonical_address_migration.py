"""The migration that gives requesters an address for matching joins none and reports them."""

from importlib import import_module

import pytest
from django.apps import apps

from operators.mailboxes import canonical_address
from tests.factories import RequesterFactory
from tickets.models import Requester

ADDRESSES = [
    *("a@bücher.example", "a@xn--bcher-kva.example", "b@client.example", "jose\u0301@c.example"),
    *("josé@c.example", "a+b.c@gmail.com", "unknown-7@sender.invalid", "ü" * 63 + "@c.example"),
]


@pytest.mark.django_db
def test_requesters_of_one_address_in_two_spellings_are_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [RequesterFactory.create(email=address) for address in ADDRESSES]

    import_module("tickets.migrations.0006_canonical_address").fill(apps, None)

    canonical = list(Requester.objects.order_by("pk").values_list("canonical_email", flat=True))
    expected: list[str | None] = [*map(canonical_address, ADDRESSES)]
    expected[1] = expected[4] = None
    assert canonical == expected
    report = capsys.readouterr().out
    assert f"Requesters {rows[0].pk} and {rows[1].pk} have one address" in report
    assert f"Requesters {rows[3].pk} and {rows[4].pk} have one address" in report
    assert report.count("stay apart") == 2
