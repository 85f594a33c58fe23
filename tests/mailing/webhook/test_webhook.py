"""The webhook's answers: accepted, duplicate, rejected, or nothing stored at all."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, OperationalError, connection, transaction
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from mailing.inbound import inbox
from mailing.inbound.arrival import Arrival
from mailing.models import InboundEmail
from tests.mail import build_mail
from tests.mailing.webhook.results import BAD_RAW, RAW, results
from tests.webhook import (
    WEBHOOK,
    post_mails,
    post_to_webhook,
    signature_headers,
    webhook_message,
)

pytestmark = pytest.mark.django_db


def test_an_accepted_message_stands_in_the_inbox_byte_for_byte() -> None:
    raw = RAW + bytes(range(256))

    assert results({"messages": [webhook_message("18c2f0", raw, at=1_750_000_000_123)]}) == [
        {"id": "18c2f0", "status": "accepted"}
    ]

    row = InboundEmail.objects.get()
    assert bytes(row.raw or b"") == raw
    assert (row.source, row.external_id, row.thread_id) == ("gmail", "18c2f0", "18c2f0")
    assert row.internal_date == datetime(2025, 6, 15, 15, 6, 40, 123000, tzinfo=UTC)
    assert (row.state, row.requester_address, row.size) == (
        "received",
        "ivan@example.com",
        len(raw),
    )
    assert (row.attempts, row.processed_at, row.lease_holder) == (0, None, None)


def test_a_message_that_was_stored_before_is_a_duplicate_whatever_it_says_now() -> None:
    post_to_webhook([webhook_message("m1", RAW)])

    assert results([webhook_message("m1", build_mail(text="other"))]) == [
        {"id": "m1", "status": "duplicate"}
    ]

    assert bytes(InboundEmail.objects.get().raw or b"") == RAW


def test_two_of_one_id_in_a_call_are_one_and_its_duplicate() -> None:
    assert results(
        [webhook_message("m1", RAW), webhook_message("m2", RAW), webhook_message("m1", RAW)]
    ) == [
        {"id": "m1", "status": "accepted"},
        {"id": "m2", "status": "accepted"},
        {"id": "m1", "status": "duplicate"},
    ]

    assert InboundEmail.objects.count() == 2


def test_a_bad_message_costs_no_good_one() -> None:
    good = webhook_message("good", RAW)

    found = results({"messages": [None, {"id": "x"}, good, "text", {"id": "y", "raw": "%%%"}, 5]})

    assert [(one["id"], one["status"]) for one in found] == [
        ("msg_1:0", "rejected"),
        ("x", "rejected"),
        ("good", "accepted"),
        ("msg_1:3", "rejected"),
        ("y", "rejected"),
        ("msg_1:5", "rejected"),
    ]
    assert found[4]["error"] == "raw: must be the base64url of the message's bytes."
    assert [row.external_id for row in InboundEmail.objects.all()] == ["good"]


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"\xff\xfe", b'{"messages": [', b"[" * 100_000, b"9" * 10_000]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    answer = post_to_webhook(body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "parse_error"
    assert not InboundEmail.objects.exists()


@pytest.mark.parametrize(
    "content", [5, "text", None, {"messages": None}, {"messages": {"id": "x"}}]
)
def test_json_of_another_form_is_refused(content: Any) -> None:
    answer = post_to_webhook(content)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["messages"]


@pytest.mark.parametrize("depth", [100, 500, 900, 960])
def test_deep_nesting_inside_a_message_costs_no_good_one(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    good = json.dumps(webhook_message("good", RAW)).encode()

    answer = post_to_webhook(b'[{"id": ' + nested + b', "raw": ' + nested + b"}, " + good + b"]")

    # Deeper than Python reads JSON, the whole call is none.
    assert answer.status_code in ((202,) if depth < 900 else (202, 400))
    assert InboundEmail.objects.count() == (1 if answer.status_code == 202 else 0)


def test_more_than_a_thousand_messages_are_refused_whole() -> None:
    answer = post_to_webhook([webhook_message(f"m{number}", b"x") for number in range(1001)])

    assert answer.status_code == 400
    assert not InboundEmail.objects.exists()


def test_an_empty_call_is_fine() -> None:
    assert results({"messages": []}) == []
    assert results([]) == []


def test_a_single_object_is_a_call_of_one() -> None:
    assert results(webhook_message("m1", RAW)) == [{"id": "m1", "status": "accepted"}]


def test_an_object_of_nothing_is_rejected() -> None:
    assert results({}) == [{"id": "msg_1:0", "status": "rejected", "error": BAD_RAW}]


def test_a_body_over_the_limit_is_413(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    answer = post_to_webhook([webhook_message("m1", RAW)])

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "payload_too_large"
    assert not InboundEmail.objects.exists()


@pytest.mark.slow
def test_a_call_of_tens_of_megabytes_is_taken() -> None:
    raw = RAW + b"x" * 25_000_000

    assert results([webhook_message("m1", raw)])[0]["status"] == "accepted"

    assert InboundEmail.objects.get().size == len(raw)


def test_503_and_nothing_stored_when_the_database_is_away() -> None:
    def away(*args: Any) -> None:
        raise OperationalError("server closed the connection")

    with connection.execute_wrapper(away):
        answer = post_to_webhook([webhook_message("m1", RAW)])

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert answer["Retry-After"] == "5"
    assert not InboundEmail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_503_and_nothing_stored_when_the_database_only_reads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        answer = post_to_webhook([webhook_message("m1", RAW)])
    finally:
        connection.close()

    assert answer.status_code == 503
    assert not InboundEmail.objects.exists()
    assert results([webhook_message("m1", RAW)])[0]["status"] == "accepted"


def test_the_webhook_takes_only_post() -> None:
    answer = APIClient().get(WEBHOOK, headers=signature_headers(b""))

    assert answer.status_code == 405


def test_one_call_wakes_the_workers_once(
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        post_mails(RAW, RAW, RAW)

    assert len(callbacks) == 1


def test_nobody_is_woken_for_duplicates_and_oversize_mail(
    django_capture_on_commit_callbacks: Any,
) -> None:
    post_mails(RAW)

    with django_capture_on_commit_callbacks() as callbacks:
        post_mails(RAW)
        post_to_webhook([{"id": "big", "oversize": True, "headers": "From: a@b.c"}])

    assert callbacks == []


def test_what_breaks_another_rule_of_the_database_is_not_taken_for_a_duplicate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbox, "read_requester_addresses", lambda raws: ["x" * 321 for _ in raws])

    with pytest.raises(DataError), transaction.atomic():
        inbox.store([Arrival("m1", raw=RAW)])


@pytest.mark.django_db(transaction=True)
def test_one_statement_stores_all_mails_of_a_call(
    django_assert_num_queries: Any,
) -> None:
    with django_assert_num_queries(1):
        post_mails(*[RAW] * 20)

    assert InboundEmail.objects.count() == 20


def test_a_call_has_one_line_with_its_mails() -> None:
    with capture_logs() as entries:
        answer: Any = post_mails(RAW, RAW)

    rows = InboundEmail.objects.order_by("pk")
    (line,) = entries
    assert (line["event"], line["status"]) == ("request", 202)
    assert line["inbound"] == " ".join(str(row.pk) for row in rows)
    assert line["trace"].split() == [answer["X-Request-ID"], *(row.trace for row in rows)]


def test_the_line_of_a_repeated_call_has_no_mails() -> None:
    post_mails(RAW)

    with capture_logs() as entries:
        post_mails(RAW)

    (line,) = entries
    assert line["event"] == "request"
    assert "inbound" not in line


@pytest.mark.parametrize(
    ("accept", "status"), [("*/*", 202), ("application/json", 202), ("text/html", 406)]
)
def test_only_a_caller_that_accepts_json_is_served(accept: str, status: int) -> None:
    client = APIClient(HTTP_ACCEPT=accept)

    answer = post_to_webhook([webhook_message("m1", RAW)], client=client)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    assert InboundEmail.objects.count() == (1 if status == 202 else 0)
