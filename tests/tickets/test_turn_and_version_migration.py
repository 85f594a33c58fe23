"""The migration that fills in whose turn it is, and the version, of older tickets."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories import (
    HistoryEntryFactory,
    MessageFactory,
    OperatorFactory,
    TicketFactory,
)
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def at(minute: int) -> Any:
    return NOON + timedelta(minutes=minute)


def old_ticket(*senders: str, steps: int = 1, **values: Any) -> Ticket:
    """Store a ticket as the code before left it, with a message a minute."""
    ticket = TicketFactory.create(waiting_on=None, created_at=at(0), **values)
    for minute, sender in enumerate(senders, start=1):
        by = OperatorFactory.create() if sender == "operator" else None
        MessageFactory.create(
            ticket=ticket, sender_type=sender, operator=by, written_at=at(60), created_at=at(minute)
        )
    HistoryEntryFactory.create_batch(steps, ticket=ticket)
    return ticket


def fill() -> None:
    migration = import_module("tickets.migrations.0012_fill_turn_and_version")
    migration.fill(None, connection.schema_editor())


def turn_of(ticket: Ticket) -> tuple[Any, ...]:
    ticket.refresh_from_db()
    return ticket.waiting_on, ticket.waiting_since, ticket.version


def row_place() -> Any:
    """Return where PostgreSQL keeps the only ticket, which each UPDATE moves."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ctid::text FROM tickets_ticket")
        (row,) = cursor.fetchall()
    return row


def test_an_open_ticket_waits_for_who_has_to_write() -> None:
    unanswered = old_ticket("user", "user", steps=2)
    answered = old_ticket("user", "operator", "operator", taken=True, steps=4)
    written_again = old_ticket("user", "operator", "user", "user", taken=True, steps=5)
    empty = old_ticket(steps=0)

    fill()

    assert turn_of(unanswered) == ("operator", at(1), 2)
    assert turn_of(answered) == ("requester", at(3), 4)
    assert turn_of(written_again) == ("operator", at(3), 5)
    assert turn_of(empty) == ("operator", at(0), 1)


def test_a_closed_ticket_waits_for_nobody() -> None:
    closed = old_ticket("user", closed=True, steps=3)

    fill()

    assert turn_of(closed) == (None, None, 3)


def test_what_is_right_already_is_not_written() -> None:
    old_ticket("user", steps=2)
    fill()
    before = row_place()

    fill()

    assert row_place() == before


def test_tickets_that_older_code_wrote_meanwhile_are_filled_in() -> None:
    recent = old_ticket("user", steps=2, updated_at=timezone.now())
    old = old_ticket("user", steps=2, updated_at=timezone.now() - timedelta(days=2))

    import_module("tickets.migrations.0014_tighten").fill_latest(None, connection.schema_editor())

    assert turn_of(recent) == ("operator", at(1), 2)
    assert turn_of(old) == (None, None, 1)
