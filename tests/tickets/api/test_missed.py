"""What a 412 shows of a ticket's timeline since the version in `If-Match`."""

from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import OperatorFactory, TicketFactory
from tests.inbox import process_inbox, store_mail
from tests.responses import error_of
from tests.tickets.requests import post_reply
from tickets import notes, properties, services
from tickets.models import Message, Priority, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def changed(operator: Operator) -> Ticket:
    """A ticket in progress of the operator's, of version 2."""
    ticket = TicketFactory.create(status="in_progress", operator=operator)
    return properties.change_ticket(
        ticket_id=ticket.pk, by=operator, changes={"priority": Priority.HIGH}
    )


def test_what_was_missed_is_shown_as_in_the_timeline(api: APIClient, operator: Operator) -> None:
    other = OperatorFactory.create()
    store_mail("ivan@example.com")
    process_inbox()
    ticket = Ticket.objects.get()
    known = ticket.version
    services.take_ticket(ticket_id=ticket.pk, by=other)
    notes.add_note(ticket_id=ticket.pk, by=other, text="Guarantee")
    gone = notes.add_note(ticket_id=ticket.pk, by=other, text="Wrong ticket")
    notes.delete_note(ticket_id=ticket.pk, note_id=gone.pk, by=other)
    services.reply(ticket_id=ticket.pk, by=other, title="Re", text="Is it on?")
    store_mail("ivan@example.com")
    process_inbox()
    timeline = f"/requests/user_requests/{ticket.pk}/timeline/"
    shown = api.get(timeline).json()["results"]

    answer = post_reply(api, operator, ticket, {"If-Match": f'"{known}"'})

    error = error_of(answer, 412, "stale", extra=("missed", "version"))
    assert error["version"] == known + 6
    names = [(row["type"], row.get("event") or row.get("text", "")) for row in error["missed"]]
    assert [name for name in names if name[0] != "message"] == [
        ("event", "taken"), ("note", "Guarantee"), ("event", "note_added"),
        ("event", "note_added"), ("event", "note_deleted"), ("event", "operator_replied"),
        ("event", "requester_wrote"),
    ]  # fmt: skip
    assert error["missed"] == shown[2:]  # without the message and the event of the opening
    assert not Message.objects.filter(operator=operator).exists()


def test_of_much_the_newest_fifty_are_shown(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create()
    for number in range(40):
        notes.add_note(ticket_id=ticket.pk, by=operator, text=f"note {number}")
    timeline = f"/requests/user_requests/{ticket.pk}/timeline/?page_size=200"
    shown = api.get(timeline).json()["results"]

    answer = take_under(api, operator, ticket, '"1"')

    error = error_of(answer, 412, "stale", extra=("missed", "version"))
    assert (len(shown), error["version"]) == (80, 41)
    assert error["missed"] == shown[-50:]


def take_under(client: APIClient, operator: Operator, ticket: Ticket, tag: str) -> Any:
    path = f"/ops/{operator.pk}/requests/{ticket.pk}/progress/"
    return client.post(path, headers={"If-Match": tag})


def test_what_moves_no_version_is_shown_with_the_version_that_it_found(
    api: APIClient, operator: Operator, changed: Ticket
) -> None:
    properties.set_needs_attention(ticket_id=changed.pk)

    answer = take_under(api, operator, changed, '"1"')

    error = error_of(answer, 412, "stale", extra=("missed", "version"))
    assert [entry["event"] for entry in error["missed"]] == [
        "priority_changed",
        "attention_changed",
    ]
    assert take_under(api, operator, changed, '"2"').status_code == 409  # it is not stale


def test_a_database_that_is_lost_after_the_refusal_is_503(
    api: APIClient, operator: Operator, changed: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("tickets.api.preconditions.missed_rows", lose)

    error_of(take_under(api, operator, changed, '"1"'), 503, "unavailable")
