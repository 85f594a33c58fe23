"""The database refuses to change or delete history and messages, even by plain SQL."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from operators.models import Operator
from tests import requester_mail
from tests.factories import HistoryEntryFactory, MessageFactory, RequesterFactory
from tickets.models import HistoryEntry, Message

pytestmark = pytest.mark.django_db

REFUSED = "what happened stays as it was written"


def test_an_entry_is_neither_changed_nor_deleted_through_the_orm() -> None:
    entry = HistoryEntryFactory.create()
    before = HistoryEntry.objects.values().get()

    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        entry.save()
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        HistoryEntry.objects.update(event="closed")
    with pytest.raises(IntegrityError, match=REFUSED), transaction.atomic():
        entry.delete()

    assert HistoryEntry.objects.values().get() == before


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE tickets_historyentry SET created_at = now() - interval '1 day'",
        "UPDATE tickets_historyentry SET event = event",
        "DELETE FROM tickets_historyentry",
        "INSERT INTO tickets_historyentry SELECT * FROM tickets_historyentry"
        " ON CONFLICT (id) DO UPDATE SET event = 'closed'",
    ],
)
def test_an_entry_is_neither_changed_nor_deleted_by_sql(sql: str) -> None:
    HistoryEntryFactory.create()
    before = HistoryEntry.objects.values().get()

    with (
        pytest.raises(IntegrityError, match=REFUSED),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)

    assert HistoryEntry.objects.values().get() == before


@pytest.mark.parametrize("table", ["tickets_historyentry", "tickets_message", "tickets_ticket"])
def test_history_is_not_emptied(table: str) -> None:
    HistoryEntryFactory.create()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Tests drop this trigger from their database, because they empty it.
        cursor.execute("ALTER TABLE tickets_historyentry ENABLE TRIGGER history_is_not_emptied")

    with (
        pytest.raises(IntegrityError, match=REFUSED),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table} CASCADE")

    assert HistoryEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("title", "'another'"), ("text", "'another'"), ("html", "'<p>another'"), ("number", "9"),
        ("sender_name", "'Somebody else'"), ("sender_email", "'b@example.com'"),
        ("written_at", "now()"), ("created_at", "now()"),
    ],
)  # fmt: skip
def test_what_a_message_says_does_not_change(column: str, value: str) -> None:
    MessageFactory.create()
    before = Message.objects.values().get()

    with (
        pytest.raises(IntegrityError, match=REFUSED),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE tickets_message SET {column} = {value}")  # noqa: S608 - ours

    assert Message.objects.values().get() == before


def test_how_a_message_travels_may_change() -> None:
    message = MessageFactory.create()

    Message.objects.update(delivery={"state": "sent"}, origin={"kind": "person"})
    message.refresh_from_db()
    message.save()

    assert message.delivery == {"state": "sent"}


def test_a_message_in_the_history_is_not_deleted(supervisor: Operator) -> None:
    requester_mail.open_ticket(
        requester=RequesterFactory.create(), title="x", text="x", written_at=timezone.now()
    )

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM tickets_message")

    assert Message.objects.count() == 1
