"""`GET, POST /requests/user_requests/{id}/notes/`, `PATCH, DELETE …/notes/{note_id}/`."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import NoteFactory, TicketFactory
from tests.responses import error_of, fetch_pages
from tests.tickets.notes import add, edit, path
from tickets.models import Ticket
from tickets.note_models import Note

pytestmark = pytest.mark.django_db


def history(ticket: Ticket) -> list[tuple[str, Any, int | None]]:
    return list(ticket.history.values_list("event", "details", "version"))


# --- Adding ------------------------------------------------------------------------------------


def test_a_note_is_added_and_is_the_tickets_next_version(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    answer = add(api, ticket, "  Принтер на гарантии.\n")

    note = Note.objects.get()
    assert answer.status_code == 201
    shown = answer.json()
    assert shown == {
        "id": note.pk,
        "request": ticket.pk,
        "operator_id": operator.pk,
        "operator_name": operator.name,
        "text": "  Принтер на гарантии.\n",
        "history": [],
        "date_create": shown["date_create"],
        "date_edit": None,
    }
    assert history(ticket) == [("note_added", {"before": None, "after": note.pk}, 2)]
    before = ticket.updated_at
    ticket.refresh_from_db()
    assert (ticket.version, ticket.status, ticket.waiting_on) == (2, "new", "operator")
    assert ticket.updated_at > before
    assert api.get(path(ticket)).json()["results"] == [shown]


def test_a_closed_ticket_gets_notes_and_stays_closed(api: APIClient) -> None:
    ticket = TicketFactory.create(closed=True)

    answer = add(api, ticket, "Done on the phone.")

    assert answer.status_code == 201
    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_on, ticket.version) == ("closed", None, 2)


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": " \n\t"}, {"text": None}, {"text": ["x"]}, [], "x",
             {"text": "x\0"}, {"text": "x" * 100_001}],
)  # fmt: skip
def test_a_note_needs_a_text(api: APIClient, ticket: Ticket, body: object) -> None:
    answer = api.post(path(ticket), body, format="json")

    error_of(answer, 400, "invalid")
    assert not Note.objects.exists()
    assert history(ticket) == []


def test_an_unknown_ticket_has_no_notes(api: APIClient) -> None:
    unknown = Ticket(pk=987_654)

    error_of(api.get(path(unknown)), 404, "not_found")
    error_of(add(api, unknown, ""), 404, "not_found")
    error_of(edit(api, unknown, 1, ""), 404, "not_found")
    error_of(api.delete(path(unknown, 1)), 404, "not_found")


def test_notes_are_listed_in_pages_in_their_order(api: APIClient, ticket: Ticket) -> None:
    NoteFactory.create(text="of another ticket")
    at = timezone.now()
    notes = [NoteFactory.create(ticket=ticket, text=str(n), created_at=at) for n in range(5)]

    pages = fetch_pages(api, f"{path(ticket)}?page_size=2")

    assert [[row["id"] for row in page["results"]] for page in pages] == [
        [notes[0].pk, notes[1].pk], [notes[2].pk, notes[3].pk], [notes[4].pk],
    ]  # fmt: skip


# --- Editing and deleting ----------------------------------------------------------------------


def test_an_edited_note_keeps_what_it_said_before(api: APIClient, ticket: Ticket) -> None:
    first = add(api, ticket, "one").json()

    second = edit(api, ticket, first["id"], "two").json()
    third = edit(api, ticket, first["id"], "three").json()

    assert second["history"] == [{"text": "one", "at": first["date_create"]}]
    assert third == {
        **first,
        "text": "three",
        "history": [*second["history"], {"text": "two", "at": second["date_edit"]}],
        "date_edit": third["date_edit"],
    }
    assert api.get(path(ticket)).json()["results"] == [third]
    details = {"before": None, "after": first["id"]}
    assert history(ticket) == [
        ("note_added", details, 2), ("note_edited", details, 3), ("note_edited", details, 4),
    ]  # fmt: skip


def test_the_same_text_changes_nothing(api: APIClient, ticket: Ticket) -> None:
    note = add(api, ticket, "one").json()

    answer = edit(api, ticket, note["id"], "one")

    assert (answer.status_code, answer.json()) == (200, note)
    assert len(history(ticket)) == 1


def test_a_note_is_edited_for_15_minutes_and_deleted_at_any_time(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    young, old = [
        NoteFactory.create(
            ticket=ticket, author=operator, created_at=timezone.now() - timedelta(minutes=minutes)
        )
        for minutes in (14.9, 15)
    ]

    allowed = edit(api, ticket, young.pk, "x")
    refused = edit(api, ticket, old.pk, "x")
    deleted = api.delete(path(ticket, old.pk))

    assert allowed.status_code == 200
    assert error_of(refused, 409, "too_late")["message"] == "A note can be edited for 15 minutes."
    assert deleted.status_code == 204
    assert list(Note.objects.values_list("pk", "text")) == [(young.pk, "x")]
    assert [event for event, _, _ in history(ticket)] == ["note_edited", "note_deleted"]


def test_only_the_author_edits_and_deletes_a_note(
    api: APIClient, supervisor_api: APIClient, ticket: Ticket
) -> None:
    note = NoteFactory.create(ticket=ticket, text="mine")

    for client in (api, supervisor_api):
        # 403 before 400: the caller is checked before the body.
        error_of(edit(client, ticket, note.pk, ""), 403, "permission_denied")
        error_of(client.delete(path(ticket, note.pk)), 403, "permission_denied")

    note.refresh_from_db()
    assert (note.text, note.history) == ("mine", [])
    assert history(ticket) == []


def test_a_note_is_known_in_its_own_ticket_only(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    note = NoteFactory.create(author=operator)

    error_of(edit(api, ticket, note.pk, "x"), 404, "not_found")
    error_of(api.delete(path(ticket, note.pk)), 404, "not_found")
    assert Note.objects.count() == 1


def test_a_deleted_note_is_gone_and_the_history_says_that_it_was(
    api: APIClient, ticket: Ticket
) -> None:
    note = add(api, ticket, "one").json()["id"]

    answer = api.delete(path(ticket, note))

    assert (answer.status_code, answer.content) == (204, b"")
    assert not Note.objects.exists()
    error_of(api.delete(path(ticket, note)), 404, "not_found")
    details = {"before": None, "after": note}
    assert history(ticket) == [("note_added", details, 2), ("note_deleted", details, 3)]


def test_an_empty_text_does_not_edit(api: APIClient, ticket: Ticket) -> None:
    note = add(api, ticket, "one").json()["id"]

    error = error_of(edit(api, ticket, note, " "), 400, "invalid")

    assert error["fields"] == {"text": ["This field may not be blank."]}
