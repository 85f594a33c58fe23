"""Constraints of the database on tickets, messages and history."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from operators.models import Operator
from tests.factories import (
    DraftFactory,
    MessageFactory,
    NoteFactory,
    ParticipantFactory,
    RequesterFactory,
    TicketFactory,
)
from tickets.models import Draft, HistoryEntry, Message, Participant, Requester, Ticket
from tickets.note_models import Note


def insert(table: str, **values: Any) -> None:
    columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 - fixed names
            list(values.values()),
        )


@contextmanager
def refused(constraint: str) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        yield


def insert_requester(email: str) -> None:
    insert("tickets_requester", email=email, name="", created_at=timezone.now())


def insert_ticket(**values: Any) -> None:
    now = timezone.now()
    row = {
        "title": "", "description": "", "status": "new", "operator_id": None, "message_count": 0,
        "needs_attention": False, "created_at": now, "updated_at": now,
    }  # fmt: skip
    insert("tickets_ticket", **{**row, **values})


def insert_message(ticket: Ticket, **values: Any) -> None:
    now = timezone.now()
    row = {
        "ticket_id": ticket.pk, "number": 1, "sender_type": "user", "operator_id": None,
        "sender_name": "", "title": "", "text": "", "written_at": now, "created_at": now,
    }  # fmt: skip
    insert("tickets_message", **{**row, **values})


def insert_history(ticket: Ticket, event: str, **values: Any) -> None:
    row = {
        "ticket_id": ticket.pk, "event": event, "status_after": "new",
        "created_at": timezone.now(),
    }  # fmt: skip
    insert("tickets_historyentry", **{**row, **values})


def test_an_address_has_one_requester(db: None) -> None:
    insert_requester("ivan@example.com")

    with refused("requester_email_is_unique"):
        insert_requester("ivan@example.com")
    assert Requester.objects.count() == 1


@pytest.mark.parametrize("email", ["Ivan@example.com", "IVAN@EXAMPLE.COM", "иВан@example.com", ""])
def test_an_address_is_in_lower_case_and_not_empty(db: None, email: str) -> None:
    with refused("requester_email_is_lower_case"):
        insert_requester(email)
    assert not Requester.objects.exists()


@pytest.mark.parametrize("taken", [False, True])
def test_a_requester_has_one_open_ticket(operator: Operator, taken: bool) -> None:
    requester = RequesterFactory.create()
    TicketFactory.create(requester=requester, closed=True)
    TicketFactory.create(requester=requester, taken=taken)

    for status, operator_id in (("new", None), ("in_progress", operator.pk)):
        with refused("one_open_ticket_per_requester"):
            insert_ticket(requester_id=requester.pk, status=status, operator_id=operator_id)
    insert_ticket(requester_id=requester.pk, status="closed", operator_id=operator.pk)
    assert Ticket.objects.filter(requester=requester).count() == 3
    assert Ticket.objects.filter(requester=requester).open().count() == 1


def test_a_closed_ticket_is_not_opened_again_beside_an_open_one(operator: Operator) -> None:
    requester = RequesterFactory.create()
    closed = TicketFactory.create(requester=requester, closed=True)
    TicketFactory.create(requester=requester)

    with refused("one_open_ticket_per_requester"):
        Ticket.objects.filter(pk=closed.pk).update(status="in_progress")


@pytest.mark.parametrize("status", ["", "NEW", "open", "reopened"])
def test_an_unknown_status_is_refused(operator: Operator, status: str) -> None:
    requester = RequesterFactory.create()

    # PostgreSQL may check either of the two constraints on the status first.
    with refused("(ticket_status_is_known|ticket_is_held_once_taken)"):
        insert_ticket(requester_id=requester.pk, status=status, operator_id=operator.pk)
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("status", "has_operator"), [("new", True), ("in_progress", False), ("closed", False)]
)
def test_a_ticket_has_an_operator_once_it_is_taken(
    operator: Operator, status: str, has_operator: bool
) -> None:
    requester = RequesterFactory.create()
    operator_id = operator.pk if has_operator else None

    with refused("ticket_is_held_once_taken"):
        insert_ticket(requester_id=requester.pk, status=status, operator_id=operator_id)
    assert not Ticket.objects.exists()


def test_a_message_number_is_unique_in_a_ticket(db: None) -> None:
    message = MessageFactory.create()

    with refused("message_number_is_unique_in_ticket"):
        insert_message(message.ticket, number=1)
    insert_message(TicketFactory.create(), number=1)
    assert Message.objects.count() == 2


def test_message_numbers_begin_at_1(db: None) -> None:
    ticket = TicketFactory.create()

    with refused("message_number_from_1"):
        insert_message(ticket, number=0)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("sender_type", "by_operator"),
    [("user", True), ("operator", False), ("robot", True), ("", False)],
)
def test_a_message_has_one_sender(operator: Operator, sender_type: str, by_operator: bool) -> None:
    ticket = TicketFactory.create()
    operator_id = operator.pk if by_operator else None

    with refused("message_has_one_sender"):
        insert_message(ticket, sender_type=sender_type, operator_id=operator_id)
    assert not Message.objects.exists()


def test_a_ticket_is_opened_once(db: None) -> None:
    ticket = TicketFactory.create()
    insert_history(ticket, "opened")

    with refused("ticket_is_opened_once"):
        insert_history(ticket, "opened")
    insert_history(TicketFactory.create(), "opened")
    assert HistoryEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"priority": 0}, "ticket_priority_is_known"),
        ({"priority": 5}, "ticket_priority_is_known"),
        ({"tags": [str(number) for number in range(21)]}, "ticket_has_twenty_tags_at_most"),
        ({"waiting_on": "operator"}, "ticket_waits_since_a_time"),
        ({"waiting_since": timezone.now()}, "ticket_waits_since_a_time"),
    ],
)
def test_a_ticket_with_a_bad_property_is_refused(
    db: None, values: dict[str, Any], constraint: str
) -> None:
    requester = RequesterFactory.create()

    with refused(constraint):
        insert_ticket(requester_id=requester.pk, **values)
    assert not Ticket.objects.exists()


def test_a_ticket_of_the_code_before_has_the_defaults(db: None) -> None:
    requester = RequesterFactory.create()

    insert_ticket(requester_id=requester.pk)

    ticket = Ticket.objects.get()
    assert (ticket.priority, ticket.tags, ticket.version) == (2, [], 1)
    assert (ticket.waiting_on, ticket.snoozed_until, ticket.merged_into) == (None, None, None)


def test_a_closed_ticket_is_not_snoozed(db: None) -> None:
    ticket = TicketFactory.create(closed=True)

    with refused("closed_ticket_is_not_snoozed"):
        Ticket.objects.update(snoozed_until=timezone.now())
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None


def test_a_merged_ticket_is_closed_and_not_merged_into_itself(db: None) -> None:
    open_ticket = TicketFactory.create()
    closed = TicketFactory.create(closed=True)

    for ticket, into in ((open_ticket, closed), (closed, closed)):
        with refused("merged_ticket_is_closed"):
            Ticket.objects.filter(pk=ticket.pk).update(merged_into=into)
    Ticket.objects.filter(pk=closed.pk).update(merged_into=open_ticket)
    assert list(open_ticket.merged.all()) == [closed]


def test_an_address_is_a_participant_of_a_ticket_once(db: None) -> None:
    row = ParticipantFactory.create(email="petr@example.com")
    ParticipantFactory.create(email="petr@example.com")

    with refused("participant_is_in_a_ticket_once"):
        ParticipantFactory.create(ticket=row.ticket, email="Petr@Example.com")
    assert Participant.objects.count() == 2


def test_a_note_has_a_text(db: None) -> None:
    with refused("note_has_a_text"):
        NoteFactory.create(text="")
    assert not Note.objects.exists()


def test_a_ticket_has_no_way_to_its_notes(db: None) -> None:
    related = {field.related_model for field in Ticket._meta.get_fields()}

    assert Note not in related
    assert HistoryEntry in related


def test_an_operator_has_one_draft_in_a_ticket(db: None) -> None:
    draft = DraftFactory.create()
    DraftFactory.create(ticket=draft.ticket)

    with refused("one_draft_per_ticket_and_operator"):
        DraftFactory.create(ticket=draft.ticket, operator=draft.operator)
    assert Draft.objects.count() == 2


@pytest.mark.parametrize("event", ["requester_wrote", "operator_replied", "taken", "closed"])
def test_other_events_may_be_recorded_several_times(db: None, event: str) -> None:
    ticket = TicketFactory.create()

    insert_history(ticket, event)
    insert_history(ticket, event)

    assert HistoryEntry.objects.filter(ticket=ticket).count() == 2


def test_a_message_is_stored_by_one_history_entry(db: None) -> None:
    message = MessageFactory.create()
    insert_history(message.ticket, "operator_replied", message_id=message.pk)

    with refused("message_is_stored_once"):
        insert_history(message.ticket, "requester_wrote", message_id=message.pk)
    insert_history(message.ticket, "reply_held", message_id=message.pk)
    insert_history(message.ticket, "reply_withdrawn", message_id=message.pk)


def test_a_ticket_has_the_address_of_its_requester_for_sorting(db: None) -> None:
    ticket = TicketFactory.create(requester__email="a@example.com", requester_email="other")
    other = TicketFactory.create()
    emails = Ticket.objects.order_by("pk").values_list("requester_email", flat=True)
    assert list(emails) == ["a@example.com", other.requester.email]

    ticket.requester.email = "b@example.com"
    ticket.requester.save()

    assert list(emails.all()) == ["b@example.com", other.requester.email]
