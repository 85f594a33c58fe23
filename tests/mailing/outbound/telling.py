"""Make things happen in tickets that operators are told of, and read what they are told."""

from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

from mailing.models import OutboundEmail
from operators.models import Operator
from tests import requester_mail
from tests.factories import (
    HistoryEntryFactory,
    TicketFactory,
)
from tests.mailing.outbound.notices import Kind
from tickets.changes import lock_ticket
from tickets.models import Event, HistoryEntry, Ticket
from tickets.signals import operator_mentioned, ticket_assigned

NINE = datetime.fromisoformat("2026-11-23T09:00:00+00:00")


def held_by(operator: Operator, **fields: Any) -> Ticket:
    return TicketFactory.create(taken=True, operator=operator, message_count=1, **fields)


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
