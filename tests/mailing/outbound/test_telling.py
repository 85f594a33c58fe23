"""What operators are told of by mail: at once, then what follows within a minute in one mail."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from mailing.outbound import outcomes, queue, supervision
from mailing.outbound.smtp import SendResult, SendStatus
from operators.models import Operator
from tests import requester_mail
from tests.concurrency import at_once
from tests.factories import (
    HistoryEntryFactory,
    OperatorFactory,
    RequesterFactory,
    TicketFactory,
)
from tests.inbox import process_inbox, store_mail
from tests.mail import build_delivery_report, build_mail
from tests.mailing.outbound.notices import Kind, opened, subject, text
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import SmtpServer
from tickets import services
from tickets.changes import lock_ticket
from tickets.models import Event, HistoryEntry, Ticket
from tickets.signals import operator_mentioned, requester_wrote, ticket_assigned

pytestmark = pytest.mark.django_db

NINE = datetime.fromisoformat("2026-11-23T09:00:00+00:00")


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def anna(db: None) -> Operator:
    return OperatorFactory.create(name="Анна", email="Anna@desk.example")


@pytest.fixture
def boris(db: None) -> Operator:
    return OperatorFactory.create(name="Борис", email="boris@desk.example")


def held_by(operator: Operator, **fields: Any) -> Ticket:
    return TicketFactory.create(taken=True, operator=operator, message_count=1, **fields)


@pytest.fixture
def held(anna: Operator) -> Ticket:
    """A ticket that Anna holds."""
    requester = RequesterFactory.create(email="ivan@example.com", name="Иван")
    return held_by(anna, requester=requester, title="Принтер")


def write(ticket: Ticket) -> None:
    """Add a message of the requester, as a mail would."""
    requester_mail.add_message(ticket=lock_ticket(ticket_id=ticket.pk), text="Ещё вопрос.")


def step(ticket: Ticket, event: Event, **fields: Any) -> HistoryEntry:
    return HistoryEntryFactory.create(
        ticket=ticket,
        event=event,
        status_before="in_progress",
        status_after="in_progress",
        **fields,
    )


def assign(ticket: Ticket, *, by: Operator | None) -> None:
    """Send the signal of a hand-over to the ticket's holder."""
    ticket_assigned.send(sender=Ticket, entries=[step(ticket, Event.ASSIGNED, operator=by)])


def mention(ticket: Ticket, *operators: Operator, by: Operator) -> None:
    """Send the signal of a note that mentions operators."""
    entry = step(ticket, Event.NOTE_ADDED, operator=by, details={"before": None, "after": 5})
    operator_mentioned.send(sender=Ticket, entries=[entry], operators=[list(operators)])


def updates() -> list[OutboundEmail]:
    return list(OutboundEmail.objects.filter(kind=Kind.OPERATOR_UPDATE).order_by("pk"))


def told() -> list[tuple[str, list[str], str]]:
    """Return whom the mails tell of what, and their states."""
    return [
        (row.recipient, [event["what"] for event in row.events], row.state) for row in updates()
    ]


def parsed(row: OutboundEmail) -> Any:
    return message_from_bytes(bytes(row.content))


def due_after(row: OutboundEmail) -> timedelta:
    """Return how long after the first event a mail is due."""
    assert row.next_attempt_at is not None
    return row.next_attempt_at - NINE


def test_the_holder_is_told_of_a_further_message_at_once(
    clock: time_machine.Traveller, held: Ticket
) -> None:
    write(held)

    (row,) = updates()
    entry = HistoryEntry.objects.get(event=Event.WROTE)
    assert (row.recipient, row.state) == ("anna@desk.example", "queued")
    assert (row.ticket, row.history_entry, row.message) == (held, None, None)
    assert row.operator == held.operator
    assert row.events == [{"entry": entry.pk, "what": "message", "who": "Иван <ivan@example.com>"}]
    assert due_after(row) == timedelta(0)
    assert subject(parsed(row)) == f"[№ {held.pk}] Принтер"
    assert text(parsed(row)) == (
        "Ещё одно сообщение от Иван <ivan@example.com>.\n"
        f"\nОбращение № {held.pk} от ivan@example.com.\n"
    )
    assert parsed(row)["Auto-Submitted"] == "auto-generated"
    assert not parsed(row).is_multipart()


def test_nobody_is_told_when_nobody_holds_it() -> None:
    ticket = TicketFactory.create()

    with CaptureQueriesContext(connection) as statements:
        requester_wrote.send(sender=Ticket, entries=[HistoryEntryFactory.build(ticket=ticket)])

    assert len(statements) == 0
    assert not OutboundEmail.objects.exists()


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


def test_nobody_is_told_of_an_own_act(held: Ticket, anna: Operator) -> None:
    assign(held, by=anna)
    mention(held, anna, by=anna)

    assert told() == []


def test_a_mention_tells_the_mentioned_alone(held: Ticket, anna: Operator, boris: Operator) -> None:
    mention(held, boris, by=OperatorFactory.create(email="third@desk.example"))

    assert told() == [("boris@desk.example", ["mention"], "queued")]


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": ""}])
def test_an_operator_without_mail_is_not_told(
    held: Ticket, anna: Operator, change: dict[str, Any]
) -> None:
    Operator.objects.filter(pk=anna.pk).update(**change)

    write(held)

    assert told() == []


def test_each_notice_can_be_switched_off(held: Ticket, anna: Operator, boris: Operator) -> None:
    Operator.objects.filter(pk=anna.pk).update(notices={"message": False})

    write(held)
    assign(held, by=boris)

    assert told() == [("anna@desk.example", ["assigned"], "queued")]


def test_an_operator_whose_own_mailbox_wrote_is_not_told(held: Ticket, anna: Operator) -> None:
    Operator.objects.filter(pk=anna.pk).update(email="ivan+desk@example.com")
    write(held)
    Operator.objects.filter(pk=anna.pk).update(email="anna@desk.example")
    requester_wrote.send(
        sender=Ticket, entries=[step(held, Event.WROTE, actor_email="anna@desk.example")]
    )

    assert told() == []


def test_the_mail_is_in_the_operators_language(held: Ticket, anna: Operator) -> None:
    Operator.objects.filter(pk=anna.pk).update(language="en")

    write(held)

    (row,) = updates()
    assert subject(parsed(row)) == f"[№ {held.pk}] Принтер"
    assert text(parsed(row)) == (
        "Иван <ivan@example.com> wrote another message.\n"
        f"\nRequest #{held.pk} from ivan@example.com.\n"
    )


def test_limits_of_automatic_mail_neither_stop_nor_count_these(
    settings: Settings, anna: Operator
) -> None:
    settings.NOTICES_PER_HOUR = 2
    for _ in range(4):
        write(held_by(anna))

    opened(email="anna@desk.example")

    assert [state for _recipient, _what, state in told()] == ["queued"] * 4
    assert OutboundEmail.objects.get(kind=Kind.CREATED).state == "queued"


def test_a_muted_operators_mail_is_suppressed(held: Ticket) -> None:
    MutedMailbox.objects.create(mailbox="anna@desk.example", reason="failed 5.1.1")

    write(held)

    assert told() == [("anna@desk.example", ["message"], "suppressed")]
    assert updates()[0].reason == "muted until this address writes again: failed 5.1.1"


def test_one_of_our_own_addresses_is_never_told(settings: Settings, held: Ticket) -> None:
    settings.OWN_ADDRESSES = ("anna@desk.example",)

    write(held)

    assert told() == [("anna@desk.example", ["message"], "suppressed")]


def answer(ticket: Ticket, *, by: Operator) -> OutboundEmail:
    """Answer the ticket and begin to send the answer."""
    services.reply(ticket_id=ticket.pk, by=by, title="Re", text="Hello")
    outbound = begin_next()
    assert outbound is not None
    assert outbound.kind == Kind.REPLY
    return outbound


@pytest.mark.parametrize("by_holder", [True, False])
def test_the_holder_is_told_of_an_answer_that_failed_whoever_wrote_it(
    held: Ticket, anna: Operator, boris: Operator, by_holder: bool
) -> None:
    outbound = answer(held, by=anna if by_holder else boris)

    refused = SendResult(SendStatus.REFUSED, 550, "5.1.1 no such user")
    outcomes.record_result(outbound.pk, outbound.lease_holder, refused)

    assert told() == [("anna@desk.example", ["delivery"], "queued")]
    author = "Анна" if by_holder else "Борис"
    assert text(parsed(updates()[0])).startswith(
        f"Ответ не доставлен или мог не дойти. Автор: {author}.\n"
    )
    held.refresh_from_db()
    assert held.needs_attention


def test_the_holder_is_told_of_an_answer_that_stays_uncertain(held: Ticket, anna: Operator) -> None:
    outbound = answer(held, by=anna)
    OutboundEmail.objects.filter(pk=outbound.pk).update(uncertain_attempts=2)

    unknown = SendResult(SendStatus.UNCERTAIN, None, "no answer")
    outcomes.record_result(outbound.pk, outbound.lease_holder, unknown)

    assert told() == [("anna@desk.example", ["delivery"], "queued")]


def test_nobody_is_told_of_an_answer_that_is_tried_again(held: Ticket, anna: Operator) -> None:
    outbound = answer(held, by=anna)

    later = SendResult(SendStatus.DEFERRED, 450, "4.2.0 later")
    outcomes.record_result(outbound.pk, outbound.lease_holder, later)

    assert told() == []


def test_the_holder_is_told_again_of_an_answer_that_bounces_after_it_failed(
    clock: time_machine.Traveller, held: Ticket, anna: Operator, supervisor: Operator
) -> None:
    outbound = answer(held, by=anna)
    refused = SendResult(SendStatus.REFUSED, 550, "5.1.1 no such user")
    outcomes.record_result(outbound.pk, outbound.lease_holder, refused)
    clock.shift(3600)
    supervision.retry(outbound_id=outbound.pk, by=supervisor)

    store_mail("mailer-daemon@example.com", raw=build_delivery_report(outbound.message_id_header))
    process_inbox()

    assert OutboundEmail.objects.get(pk=outbound.pk).state == "bounced"
    assert told() == [
        ("anna@desk.example", ["delivery"], "queued"),
        ("anna@desk.example", ["delivery"], "queued"),
    ]
    assert [due_after(row).seconds for row in updates()] == [0, 3600]


def test_a_failed_mail_to_an_operator_needs_no_attention_and_tells_nobody(held: Ticket) -> None:
    write(held)
    outbound = begin_next()
    assert outbound is not None

    refused = SendResult(SendStatus.REFUSED, 550, "5.1.1 no such user")
    outcomes.record_result(outbound.pk, outbound.lease_holder, refused)

    assert told() == [("anna@desk.example", ["message"], "failed")]
    held.refresh_from_db()
    assert not held.needs_attention


@pytest.mark.parametrize("names_message_id", [True, False])
def test_a_bounced_mail_to_an_operator_mutes_it_at_most(
    held: Ticket, smtp: SmtpServer, names_message_id: bool
) -> None:
    write(held)
    send_due_mail()
    message_id = updates()[0].message_id_header if names_message_id else "<unknown@relay.example>"

    report = build_delivery_report(message_id, recipient="anna@desk.example")
    store_mail("mailer-daemon@desk.example", raw=report)
    process_inbox()

    assert InboundEmail.objects.get().state == "processed"
    assert len(updates()) == 1
    assert MutedMailbox.objects.exists() is names_message_id
    held.refresh_from_db()
    assert not held.needs_attention


def test_an_operators_answer_to_such_a_mail_is_their_own_request(held: Ticket) -> None:
    write(held)
    message_id = updates()[0].message_id_header

    mail = build_mail("anna@desk.example", in_reply_to=message_id, message_id="<a1@desk.example>")
    store_mail("anna@desk.example", raw=mail)
    process_inbox()

    own = Ticket.objects.get(requester__email="anna@desk.example")
    assert own.messages.count() == 1
    assert OutboundEmail.objects.get(ticket=own).state == "suppressed"
    assert held.messages.count() == 1


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
