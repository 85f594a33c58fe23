"""How the fields of a message are read: ids, bytes, dates, oversize mail."""

import base64
from typing import Any

import pytest
from django.utils import timezone

from mailing.models import InboundEmail
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.mailing.webhook.results import BAD_RAW, RAW, results
from tests.webhook import (
    post_to_webhook,
    webhook_message,
)
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


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

    first, second = InboundEmail.objects.order_by("pk")
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
