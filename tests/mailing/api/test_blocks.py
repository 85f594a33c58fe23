"""Blocked addresses and domains, by the API, and whom a block would have hit."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import Block, InboundEmail
from operators.models import Operator
from tests.factories import BlockFactory, InboundEmailFactory

pytestmark = pytest.mark.django_db

PREVIEW = "/mail/blocks/preview/"


@pytest.mark.parametrize(
    ("given", "pattern", "shown"),
    [
        ("Anna@Spam.example", "anna@spam.example", "anna@spam.example"),
        ("@Spam.example", "@spam.example", "@spam.example"),
        ("@b\u00fccher.example", "@xn--bcher-kva.example", "@b\u00fccher.example"),
    ],
)
def test_an_address_or_a_domain_is_blocked(
    supervisor_api: APIClient, supervisor: Operator, given: str, pattern: str, shown: str
) -> None:
    answer = supervisor_api.post("/mail/blocks/", {"address": given}, format="json")

    block = Block.objects.get()
    assert (block.pattern, block.created_by) == (pattern, supervisor)
    expected = {
        "id": block.pk,
        "address": shown,
        "created_by": supervisor.pk,
        "date_create": block.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (answer.status_code, answer.json()) == (201, expected)
    assert supervisor_api.get("/mail/blocks/").json()["results"] == [expected]


@pytest.mark.parametrize(
    "given",
    ["", "@", "spam", "spam@", "@ spam", "a b@spam", "@a@b", "@" + "x" * 400, None, ["@spam"]],
)
def test_what_is_no_address_is_400(supervisor_api: APIClient, given: object) -> None:
    for url in ("/mail/blocks/", PREVIEW):
        answer = supervisor_api.post(url, {"address": given}, format="json")

        assert answer.status_code == 400
        assert list(answer.json()["error"]["fields"]) == ["address"]
    assert not Block.objects.exists()


def test_the_same_twice_is_409(supervisor_api: APIClient) -> None:
    BlockFactory.create(pattern="@spam.example")

    answer = supervisor_api.post("/mail/blocks/", {"address": "@SPAM.example"}, format="json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_blocked")
    assert Block.objects.count() == 1


def test_a_block_is_removed(supervisor_api: APIClient) -> None:
    block = BlockFactory.create()

    answer = supervisor_api.delete(f"/mail/blocks/{block.pk}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert not Block.objects.exists()
    assert supervisor_api.delete(f"/mail/blocks/{block.pk}/").status_code == 404


def preview(api: APIClient, address: str) -> list[tuple[str, str, int]]:
    answer = api.post(PREVIEW, {"address": address}, format="json")
    assert answer.status_code == 200
    hits = answer.json()["results"]
    return [(hit["address"], hit["kind"], hit["mails"]) for hit in hits]


def store(address: str, kind: str, number: int = 1, *, days_ago: int = 0) -> None:
    for mail in InboundEmailFactory.create_batch(number, requester_address=address, kind=kind):
        received_at = timezone.now() - timedelta(days=days_ago)
        InboundEmail.objects.filter(pk=mail.pk).update(received_at=received_at)


def test_the_preview_lists_the_senders_with_people_first(supervisor_api: APIClient) -> None:
    store("robot@spam.example", "machine", 3)
    store("anna@spam.example", "person", 1, days_ago=89)
    store("boris@spam.example", "person", 2)
    store("boris@spam.example", "auto_reply", 1)
    store("old@spam.example", "person", days_ago=91)
    store("anna@sub.spam.example", "person")
    store("anna@spam.example.org", "person")
    store("anna@notspam.example", "person")
    store("anna@spam_example", "person")
    store("postmaster@spam.example", "bounce")
    store("desk@spam.example", "ours")

    assert preview(supervisor_api, "@spam.example") == [
        ("boris@spam.example", "person", 2),
        ("anna@spam.example", "person", 1),
        ("robot@spam.example", "machine", 3),
        ("boris@spam.example", "auto_reply", 1),
    ]
    assert preview(supervisor_api, "Anna@spam.example") == [("anna@spam.example", "person", 1)]
    assert preview(supervisor_api, "@spam%example") == []
    assert preview(supervisor_api, "@spam_example") == [("anna@spam_example", "person", 1)]
    assert not Block.objects.exists()


def test_the_preview_lists_a_thousand(supervisor_api: APIClient) -> None:
    for number in range(1_003):
        store(f"{number}@spam.example", "person")

    assert len(preview(supervisor_api, "@spam.example")) == 1_000


@pytest.mark.parametrize("address", ["@spam.example", "anna@spam.example"])
def test_the_preview_finds_the_mails_by_their_index(
    supervisor_api: APIClient, address: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as statements:
        preview(supervisor_api, address)

    (statement,) = [row["sql"] for row in statements if "REVERSE" in row["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "inbound_by_reversed_sender" in plan
    assert "Index Cond" in plan
