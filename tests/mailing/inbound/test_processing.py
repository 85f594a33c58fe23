"""A mail becomes a ticket or a message, or is ignored as a copy."""

import pytest
from pytest_django.fixtures import Settings

from mailing.models import InboundEmail, OutboundEmail
from mailing.parsing.limits import Limits
from tests.inbox import process_inbox, store_mail
from tests.mail import build_mail
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db


State = InboundEmail.State


def test_a_mail_becomes_a_ticket_a_message_a_step_and_a_notice() -> None:
    raw = build_mail("Иван <Ivan@Example.com>", subject="Тема", text="Текст", message_id="<a@x>")
    row = store_mail("ivan@example.com", minutes_ago=7, raw=raw)

    assert process_inbox() == 1

    row.refresh_from_db()
    ticket = Ticket.objects.get()
    message = Message.objects.get()
    assert (row.state, row.kind, row.reason) == (State.PROCESSED, "person", "")
    assert (row.ticket, row.message, row.message_id_header) == (ticket, message, "<a@x>")
    assert (row.attempts, len(row.fingerprint)) == (1, 64)
    assert (ticket.title, ticket.description, ticket.status) == ("Тема", "Текст", "new")
    assert (ticket.requester.email, ticket.requester.name) == ("ivan@example.com", "Иван")
    assert (message.number, message.text, message.sender_type) == (1, "Текст", "user")
    assert message.written_at == row.internal_date
    assert message.origin is not None
    assert (message.origin["inbox"], message.origin["message_id"]) == (row.pk, "<a@x>")
    assert [entry.event for entry in HistoryEntry.objects.all()] == ["opened"]
    notice = OutboundEmail.objects.get()
    assert (notice.kind, notice.state, notice.recipient) == (
        "created",
        "queued",
        "ivan@example.com",
    )


def test_further_mail_joins_the_open_ticket_without_a_notice() -> None:
    for number, sender in enumerate(["a@example.com", "A@Example.COM", "X <a@EXAMPLE.com>"]):
        store_mail(
            "a@example.com", minutes_ago=9 - number, raw=build_mail(sender, subject=str(number))
        )

    assert process_inbox() == 3

    ticket = Ticket.objects.get()
    messages = Message.objects.order_by("number").values_list("number", "title")
    assert list(messages) == [(1, "0"), (2, "1"), (3, "2")]
    assert ticket.message_count == 3
    assert OutboundEmail.objects.count() == 1


def test_the_same_mail_under_another_id_is_ignored() -> None:
    raw = build_mail(message_id="<a@x>")
    store_mail("ivan@example.com", minutes_ago=2, raw=raw)
    copy = store_mail("ivan@example.com", minutes_ago=1, raw=b"Received: by x\r\n" + raw)

    process_inbox()

    copy.refresh_from_db()
    assert copy.state == State.IGNORED
    assert copy.reason == "this Message-ID, sender, Date and body were processed before"
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        build_mail(message_id="<a@x>", text="another body"),
        build_mail("olga@example.com", message_id="<a@x>"),
        build_mail(message_id="<b@x>"),
        build_mail(),
    ],
)
def test_another_body_sender_or_message_id_is_another_message(other: bytes) -> None:
    store_mail("ivan@example.com", minutes_ago=2, raw=build_mail(message_id="<a@x>"))
    store_mail("ivan@example.com", minutes_ago=1, raw=other)

    process_inbox()

    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("date", "messages"),
    [
        (b"Mon, 2 Mar 2026 12:00:00 +0000", 1),
        (b"Mon,  2 Mar 2026 14:00:00 +0200 (EET)", 1),  # as a server on the way rewrote it
        (b"Mon, 2 Mar 2026 12:00:01 +0000", 2),
        (b"noon", 2),
    ],
)
def test_a_repeated_message_id_is_a_copy_only_with_the_same_date(
    date: bytes, messages: int
) -> None:
    raw = build_mail(message_id="<a@x>")
    first = b"Date: Mon, 2 Mar 2026 12:00:00 +0000\r\n" + raw
    store_mail("ivan@example.com", minutes_ago=2, raw=first)
    store_mail("ivan@example.com", minutes_ago=1, raw=b"Date: " + date + b"\r\n" + raw)

    process_inbox()

    assert Message.objects.count() == messages


def test_mails_without_a_message_id_are_never_taken_for_copies() -> None:
    for minutes in (2, 1):
        store_mail("ivan@example.com", minutes_ago=minutes, raw=build_mail())

    process_inbox()

    assert Message.objects.count() == 2


def test_mail_over_a_limit_is_quarantined_with_the_limit(settings: Settings) -> None:
    settings.PARSE_LIMITS = Limits(message_bytes=100)
    row = store_mail("ivan@example.com", raw=build_mail(text="x" * 200))

    process_inbox()

    row.refresh_from_db()
    assert (row.state, row.reason) == (State.QUARANTINED, "larger than 100 bytes")
