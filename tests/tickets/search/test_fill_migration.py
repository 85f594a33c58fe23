"""The migration that makes older messages, notes and participants searchable."""

from importlib import import_module

import pytest
from django.db import connection

from tests.factories import MessageFactory, NoteFactory, ParticipantFactory, RequesterFactory
from tickets.models import Ticket
from tickets.search_models import SearchRow

pytestmark = pytest.mark.django_db


def old_ticket() -> Ticket:
    """Store a ticket with everything that a search finds, and forget its rows of the search."""
    message = MessageFactory.create(
        title="Счёт",
        text="Не печатает принтер",
        ticket__requester=RequesterFactory.create(email="ivan@example.com", name="Иван"),
    )
    MessageFactory.create(ticket=message.ticket, text="Срочно")
    NoteFactory.create(ticket=message.ticket)
    ParticipantFactory.create(ticket=message.ticket)
    ParticipantFactory.create(ticket=message.ticket, is_removed=True)
    return message.ticket


def fill() -> None:
    import_module("tickets.migrations.0016_fill_search").fill(None, connection.schema_editor())


def test_older_rows_become_what_the_triggers_write() -> None:
    old_ticket()
    written = list(SearchRow.objects.order_by("pk").values())
    SearchRow.objects.all().delete()

    fill()

    assert len(written) == 4
    assert list(SearchRow.objects.order_by("pk").values()) == written


def test_an_interrupted_run_goes_on_where_it_was() -> None:
    ticket = old_ticket()
    SearchRow.objects.filter(kind=SearchRow.Kind.MESSAGE, people=None).delete()
    SearchRow.objects.filter(kind=SearchRow.Kind.NOTE).update(words=None)

    fill()
    fill()

    assert SearchRow.objects.filter(ticket=ticket).count() == 4
    assert SearchRow.objects.get(kind=SearchRow.Kind.NOTE).words is None
