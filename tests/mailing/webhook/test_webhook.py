"""What the webhook stores of what it is sent, and what it says of each message."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing.inbound import inbox
from mailing.models import InboundEmail
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.webhook import (
    RECONCILE,
    WEBHOOK,
    post_mails,
    post_to_webhook,
    signature_headers,
    webhook_message,
)
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db

RAW = build_mail()
BAD_RAW = "raw: must be the base64url of the message's bytes."


def results(content: Any) -> list[dict[str, str]]:
    answer = post_to_webhook(content)
    assert answer.status_code == 202, answer.content
    found: list[dict[str, str]] = answer.json()["results"]
    return found


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
    "identifier",
    [
        None,
        "",
        7,
        True,
        ["a"],
        {"a": 1},
        "a\0b",
        "line\nbreak",
        "\ud800",
        "\udc80x",
        "\u202ex",
        "x" * 256,
    ],
)
def test_a_mail_whose_id_cannot_be_kept_is_named_by_its_place_in_the_call(identifier: Any) -> None:
    found = results([{**webhook_message("x", RAW), "id": identifier}, webhook_message("good", RAW)])

    assert found == [{"id": "msg_1:0", "status": "accepted"}, {"id": "good", "status": "accepted"}]
    assert InboundEmail.objects.filter(external_id__in=["msg_1:0", "good"]).count() == 2


def test_an_id_of_255_characters_is_kept() -> None:
    assert results([webhook_message("x" * 255, RAW)])[0]["status"] == "accepted"


def test_ids_may_hold_any_printable_letters() -> None:
    assert results([webhook_message("письмо/1 %00", RAW)]) == [
        {"id": "письмо/1 %00", "status": "accepted"}
    ]


@pytest.mark.parametrize(
    "encoded",
    [
        base64.urlsafe_b64encode(b"From: a@b.c\n\n\xfb\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"From: a@b.c\n\n\xfb\xff\xfe").decode().rstrip("="),
        base64.b64encode(b"From: a@b.c\n\n\xfb\xff\xfe").decode(),
        base64.b64encode(b"From: a@b.c\n\n\xfb\xff\xfe").decode().rstrip("="),
    ],
    ids=["urlsafe", "urlsafe without padding", "standard", "standard without padding"],
)
def test_base64_is_taken_in_both_alphabets_padded_or_not(encoded: str) -> None:
    results([{"id": "m1", "raw": encoded}])

    assert bytes(InboundEmail.objects.get().raw or b"") == b"From: a@b.c\n\n\xfb\xff\xfe"


@pytest.mark.parametrize("raw", [None, "", 5, [], "abcde", "ab cd", "я", "\ud800", "YQ==YQ", "a=b"])
def test_what_cannot_be_decoded_is_rejected(raw: Any) -> None:
    assert results([{"id": "m1", "raw": raw}]) == [
        {"id": "m1", "status": "rejected", "error": BAD_RAW}
    ]

    assert not InboundEmail.objects.exists()


@pytest.mark.parametrize(
    "moment",
    [
        None,
        "yesterday",
        True,
        -1,
        0,
        10**400,
        10**15,
        10**17,
        "9" * 40,
        253_402_300_799_000,
        4_102_444_800_000,
        [],
        {"a": 1},
    ],
)
def test_an_absurd_date_counts_as_now_and_costs_no_mail(moment: Any) -> None:
    before = timezone.now()

    assert (
        results([{**webhook_message("m1", RAW), "internal_date": moment}])[0]["status"]
        == "accepted"
    )

    assert before <= InboundEmail.objects.get().internal_date <= timezone.now()


def test_dates_that_json_can_spell_and_calendars_cannot_count_as_now() -> None:
    encoded = base64.b64encode(RAW).decode()
    before = timezone.now()

    post_to_webhook(
        f'[{{"id": "m1", "raw": "{encoded}", "internal_date": NaN}},'
        f' {{"id": "m2", "raw": "{encoded}", "internal_date": 1e999}}]'.encode()
    )

    first, second = InboundEmail.objects.all()
    assert before <= first.internal_date <= second.internal_date <= timezone.now()


def test_the_date_may_come_as_text_as_gmail_gives_it() -> None:
    results([{**webhook_message("m1", RAW), "internal_date": "1750000000123"}])

    assert (
        InboundEmail.objects.get().internal_date.isoformat() == "2025-06-15T15:06:40.123000+00:00"
    )


@pytest.mark.parametrize("thread_id", [None, 5, "a\0b", "\ud800"])
def test_a_bad_thread_id_is_left_out(thread_id: Any) -> None:
    results([{**webhook_message("m1", RAW), "thread_id": thread_id}])

    assert InboundEmail.objects.get().thread_id == ""


def test_messages_are_worked_in_the_order_of_their_dates() -> None:
    results([webhook_message("late", build_mail(subject="2"), at=1_750_000_002_000),
             webhook_message("early", build_mail(subject="1"), at=1_750_000_001_000)])  # fmt: skip

    assert process_inbox() == 2

    assert list(Message.objects.order_by("number").values_list("title", flat=True)) == ["1", "2"]


@pytest.mark.parametrize("size", [41_943_040, None, -1, True, 2**70, "big"])
def test_an_oversize_mail_is_quarantined_with_its_header(size: Any) -> None:
    head = "From: Ivan <Ivan@Example.com>\r\nSubject: Film\r\n"
    big = {"id": "big", "internal_date": 1_750_000_000_000, "headers": head, "oversize": True}

    assert results([{**big, "size": size}]) == [{"id": "big", "status": "accepted"}]

    row = InboundEmail.objects.get()
    assert (row.state, row.requester_address) == ("quarantined", "ivan@example.com")
    assert row.reason == "too large for the webhook: only the header was sent"
    assert row.size == (41_943_040 if size == 41_943_040 else 0)
    assert bytes(row.raw or b"") == head.encode()
    assert row.processed_at is not None
    assert process_inbox() == 0
    assert not Ticket.objects.exists()


def test_an_oversize_mail_without_its_header_is_kept_too() -> None:
    results([{"id": "big", "oversize": True, "headers": None}])

    row = InboundEmail.objects.get()
    assert row.raw is not None
    assert (row.state, bytes(row.raw), row.requester_address) == ("quarantined", b"", "")


def test_a_header_with_lone_surrogates_is_kept() -> None:
    results([{"id": "big", "oversize": True, "headers": "Subject: \ud800"}])

    assert bytes(InboundEmail.objects.get().raw or b"") == b"Subject: ?"


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


def test_a_call_of_tens_of_megabytes_is_taken() -> None:
    raw = RAW + b"x" * 25_000_000

    assert results([webhook_message("m1", raw)])[0]["status"] == "accepted"

    assert InboundEmail.objects.get().size == len(raw)


def test_503_and_nothing_stored_when_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(rows: Any) -> None:
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(InboundEmail.objects, "bulk_create", away)
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


def test_reconcile_names_what_was_never_received() -> None:
    post_mails(RAW, RAW)

    answer = post_to_webhook({"ids": ["m3", "m1", "m0", "m3", "m2"]}, path=RECONCILE)

    assert answer.status_code == 200
    assert answer.json() == {"missing": ["m3", "m0"]}


def test_reconcile_counts_only_what_came_from_gmail() -> None:
    post_to_webhook({"id": "m1", "user_email": "a@example.com", "description": "x"})

    assert post_to_webhook({"ids": ["m1"]}, path=RECONCILE).json() == {"missing": ["m1"]}


@pytest.mark.parametrize(
    "content", [{}, [], {"ids": "m1"}, {"ids": [None]}, {"ids": ["a\0"]}, {"ids": ["\ud800"]}, b"?"]
)
def test_reconcile_refuses_what_is_no_list_of_ids(content: Any) -> None:
    assert post_to_webhook(content, path=RECONCILE).status_code == 400


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


def test_another_broken_rule_of_the_database_is_not_taken_for_a_duplicate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(rows: Any) -> None:
        raise IntegrityError("inbound_state_is_known")

    monkeypatch.setattr(InboundEmail.objects, "bulk_create", refuse)

    with pytest.raises(IntegrityError):
        inbox.store([])
