"""What happens within a minute is told at once, and then in one mail."""

import time
from datetime import datetime, timedelta
from email import message_from_bytes
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound import queue
from operators.models import Operator
from tests.concurrency import at_once
from tests.factories import (
    TicketFactory,
)
from tests.mailing.outbound.notices import text
from tests.mailing.outbound.telling import (
    assign,
    due_after,
    held_by,
    mention,
    parsed,
    step,
    updates,
    write,
)
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import SmtpServer
from tickets.models import Event, HistoryEntry, Ticket
from tickets.signals import requester_wrote

pytestmark = pytest.mark.django_db


def test_more_within_a_minute_follows_in_one_mail(
    clock: time_machine.Traveller, held: Ticket, boris: Operator
) -> None:
    write(held)
    clock.shift(10)
    assign(held, by=boris)
    clock.shift(20)
    mention(held, held.operator, by=boris)  # type: ignore[arg-type]  # it is held

    first, second = updates()
    assert [event["what"] for event in first.events] == ["message"]
    assert [event["what"] for event in second.events] == ["assigned", "mention"]
    assert [due_after(first), due_after(second)] == [timedelta(0), timedelta(seconds=60)]
    assert first.message_id_header != second.message_id_header
    assert parsed(second)["Message-ID"] == second.message_id_header
    assert text(parsed(second)) == (
        "Обращение передано вам. Передал(а): Борис.\n"
        "Вас упомянули в заметке. Автор: Борис.\n"
        f"\nОбращение № {held.pk} от ivan@example.com.\n"
    )


@pytest.mark.parametrize(("seconds", "due"), [(1, 60), (59, 60), (60, 60), (90, 90)])
def test_what_comes_after_a_minute_is_told_at_once_again(
    clock: time_machine.Traveller, held: Ticket, seconds: int, due: int
) -> None:
    write(held)

    clock.shift(seconds)
    write(held)

    assert [due_after(row).seconds for row in updates()] == [0, due]


def test_after_a_grouped_mail_the_next_event_has_a_mail_of_its_own(
    clock: time_machine.Traveller, held: Ticket
) -> None:
    write(held)
    clock.shift(10)
    write(held)

    clock.shift(60)
    write(held)

    assert [due_after(row).seconds for row in updates()] == [0, 60, 70]


def test_messages_of_one_transaction_are_grouped_too(
    clock: time_machine.Traveller, held: Ticket
) -> None:
    entries = [step(held, Event.WROTE) for _ in range(4)]

    requester_wrote.send(sender=Ticket, entries=entries)

    assert [len(row.events) for row in updates()] == [1, 3]
    assert [due_after(row).seconds for row in updates()] == [0, 60]


def test_tickets_and_operators_are_not_grouped_together(
    clock: time_machine.Traveller, held: Ticket, anna: Operator, boris: Operator
) -> None:
    other = held_by(anna)

    write(held)
    write(other)
    mention(held, boris, by=anna)

    assert [(row.ticket, row.recipient, due_after(row).seconds) for row in updates()] == [
        (held, "anna@desk.example", 0),
        (other, "anna@desk.example", 0),
        (held, "boris@desk.example", 0),
    ]


def test_a_mail_that_is_claimed_does_not_grow(clock: time_machine.Traveller, held: Ticket) -> None:
    write(held)
    clock.shift(10)
    write(held)
    clock.shift(50)
    OutboundEmail.objects.filter(pk=updates()[0].pk).update(
        state="sent", next_attempt_at=None, sent_at=timezone.now()
    )
    claimed = begin_next()
    assert claimed is not None
    content = updates()[1].content

    write(held)

    assert [len(row.events) for row in updates()] == [1, 1, 1]
    assert bytes(updates()[1].content) == bytes(content)
    assert due_after(updates()[2]).seconds == 70


def test_a_mail_that_has_grown_arrives_with_all_its_events(
    clock: time_machine.Traveller, held: Ticket, smtp: SmtpServer
) -> None:
    write(held)
    assert send_due_mail() == 1
    clock.shift(10)
    write(held)
    write(held)
    assert send_due_mail() == 0

    clock.shift(50)

    assert send_due_mail() == 1
    first, second = (message_from_bytes(mail.content) for mail in smtp.received)
    assert text(first).count("Иван") == 1
    assert text(second).count("Иван") == 2
    assert [row.state for row in updates()] == ["sent", "sent"]


def test_another_address_gets_a_mail_of_its_own(
    clock: time_machine.Traveller, held: Ticket, anna: Operator
) -> None:
    write(held)
    clock.shift(10)
    write(held)
    Operator.objects.filter(pk=anna.pk).update(email="new@desk.example")

    clock.shift(10)
    write(held)

    assert [(row.recipient, len(row.events)) for row in updates()] == [
        ("anna@desk.example", 1),
        ("anna@desk.example", 1),
        ("new@desk.example", 1),
    ]


def test_a_flood_makes_no_endless_mail(clock: time_machine.Traveller, held: Ticket) -> None:
    requester_wrote.send(sender=Ticket, entries=[step(held, Event.WROTE) for _ in range(60)])

    assert [len(row.events) for row in updates()] == [1, 50]


@pytest.mark.parametrize("tickets", [1, 20])
def test_a_hundred_tickets_take_as_many_statements_as_one(anna: Operator, tickets: int) -> None:
    held = TicketFactory.create_batch(tickets, taken=True, operator=anna)
    for ticket in held:  # the second mail of each grows below
        requester_wrote.send(sender=Ticket, entries=[step(ticket, Event.WROTE) for _ in range(2)])
    entries = [step(ticket, Event.WROTE) for ticket in held]

    with CaptureQueriesContext(connection) as statements:
        requester_wrote.send(sender=Ticket, entries=entries)

    # The holders, the latest mails, their lock, two of the conversations, the mails that grow.
    assert len(statements) == 6
    assert [len(row.events) for row in updates()] == [1, 2] * tickets


@pytest.mark.django_db(transaction=True)
def test_of_events_at_once_each_is_in_one_mail(anna: Operator) -> None:
    ticket = held_by(anna)

    def write_once() -> None:
        with transaction.atomic():
            write(ticket)

    at_once([write_once] * 8)

    assert [len(row.events) for row in updates()] == [1, 7]
    told_of = [event["entry"] for row in updates() for event in row.events]
    assert sorted(told_of) == sorted(HistoryEntry.objects.values_list("pk", flat=True))
    assert text(parsed(updates()[1])).count("Ещё одно сообщение") == 7


def waiting_until(ticket: Ticket, due_at: datetime) -> None:
    """Tell of a message at once, and of another one in a mail that is due then."""
    for _ in range(2):
        with transaction.atomic():
            write(ticket)
    first, second = OutboundEmail.objects.filter(ticket=ticket).order_by("pk")
    first.state, first.sent_at, first.next_attempt_at = "sent", due_at, None
    second.next_attempt_at = due_at
    first.save()
    second.save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("milliseconds", [0, 15, 18, 20, 22, 25, 60])
def test_an_event_when_its_mail_is_claimed_is_in_one_mail(
    anna: Operator, milliseconds: int
) -> None:
    ticket = held_by(anna)
    waiting_until(ticket, timezone.now() + timedelta(milliseconds=20))

    def write_once() -> int:
        time.sleep(milliseconds / 1000)
        with transaction.atomic():
            write(ticket)
        return 0

    def claim() -> int:
        time.sleep(0.02)
        return len(queue.claim_batch(holder=uuid4(), limit=10).mails)

    at_once([write_once, claim])

    rows = OutboundEmail.objects.filter(ticket=ticket)
    assert sum(len(row.events) for row in rows) == 3
    for row in rows:
        assert text(parsed(row)).count("Ещё одно сообщение") == len(row.events)
