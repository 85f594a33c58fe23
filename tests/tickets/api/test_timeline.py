"""`GET /requests/user_requests/{id}/timeline/`."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from operators.models import Operator
from tests import requester_mail
from tests.factories import (
    HistoryEntryFactory,
    MessageFactory,
    NoteFactory,
    RequesterFactory,
    TicketFactory,
)
from tests.responses import error_of, fetch_pages
from tests.tickets.requests import post_reply
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def path(ticket: Ticket, query: str = "") -> str:
    return f"/requests/user_requests/{ticket.pk}/timeline/{query}"


def results(client: APIClient, url: str) -> list[dict[str, Any]]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def names(rows: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(row["type"], row.get("event") or row["text"]) for row in rows]


def test_messages_notes_and_events_are_shown_in_their_order(
    api: APIClient, operator: Operator
) -> None:
    requester = RequesterFactory.create()
    ticket = requester_mail.open_ticket(requester=requester, title="x", text="It is dead").ticket
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    notes = f"/requests/user_requests/{ticket.pk}/notes/"
    note = api.post(notes, {"text": "Guarantee"}, format="json").json()
    gone = api.post(notes, {"text": "Wrong ticket"}, format="json").json()
    post_reply(api, operator, ticket, description="Is it on?")
    api.delete(f"{notes}{gone['id']}/")
    services.close_ticket(ticket_id=ticket.pk, by=operator)
    MessageFactory.create()  # in another ticket

    rows = results(api, path(ticket))

    assert names(rows) == [
        ("message", "It is dead"), ("event", "opened"), ("event", "taken"),
        ("note", "Guarantee"), ("event", "note_added"), ("event", "note_added"),
        ("message", "Is it on?"), ("event", "operator_replied"), ("event", "note_deleted"),
        ("event", "closed"),
    ]  # fmt: skip
    messages = results(api, f"/mgs/requests/{ticket.pk}/mgs/")
    history = api.get(f"/requests/user_requests/{ticket.pk}/").json()["history"]
    times = {"message": "date_create", "note": "date_create", "event": "date_create"}
    for row in rows:
        assert row.pop("at") == row[times[row["type"]]]
    shown = [{key: value for key, value in row.items() if key != "type"} for row in rows]
    assert [row for row in shown if "segments" in row] == messages
    assert [row for row in shown if "event" in row] == history
    assert [row for row in shown if "date_edit" in row] == [note]


@pytest.fixture
def long(ticket: Ticket) -> Ticket:
    """A ticket whose messages, notes and events were partly stored at one moment."""
    moment = timezone.now()
    for number in range(9):
        at = moment + timedelta(seconds=number // 3)
        NoteFactory.create(ticket=ticket, text=f"note {number}", created_at=at)
        MessageFactory.create(ticket=ticket, text=f"message {number}", created_at=at)
        HistoryEntryFactory.create(ticket=ticket, created_at=at)
    return ticket


@pytest.mark.parametrize("size", [1, 2, 3, 7, 28, 29, 200])
def test_pages_hold_each_row_once_in_both_directions(
    api: APIClient, long: Ticket, size: int
) -> None:
    everything = results(api, path(long, "?page_size=200"))

    forwards = fetch_pages(api, path(long, f"?page_size={size}"))
    backwards = fetch_pages(api, path(long, f"?page_size={size}"))[-1:]
    backwards += fetch_pages(api, backwards[0]["previous"], link="previous") if size < 28 else []

    assert len(everything) == 28
    assert [row for page in forwards for row in page["results"]] == everything
    assert {len(page["results"]) for page in forwards[:-1]} <= {size}
    assert [row for page in reversed(backwards) for row in page["results"]] == everything
    assert (forwards[0]["previous"], forwards[-1]["next"]) == (None, None)


def test_at_one_moment_messages_come_first_then_notes_then_events(
    api: APIClient, long: Ticket
) -> None:
    rows = results(api, path(long, "?page_size=200"))

    assert names(rows)[1:10] == [
        *(("message", f"message {number}") for number in range(3)),
        *(("note", f"note {number}") for number in range(3)),
        *[("event", "requester_wrote")] * 3,
    ]


def test_a_row_that_is_added_meanwhile_is_on_the_last_page(api: APIClient, long: Ticket) -> None:
    first = api.get(path(long, "?page_size=20")).json()
    added = NoteFactory.create(ticket=long, created_at=timezone.now() + timedelta(minutes=1))

    second = api.get(first["next"]).json()

    assert [len(page["results"]) for page in (first, second)] == [20, 9]
    assert second["results"][-1]["id"] == added.pk


def test_a_page_takes_eight_queries_however_long(
    api: APIClient, long: Ticket, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Two for the token, the ticket, the keys, the rows of each kind, the files.
    for size in (9, 200):
        with django_assert_num_queries(8):
            api.get(path(long, f"?page_size={size}"))


def test_a_ticket_without_anything_has_an_empty_timeline(api: APIClient) -> None:
    ticket = TicketFactory.create()

    assert api.get(path(ticket)).json() == {"next": None, "previous": None, "results": []}


def test_an_unknown_ticket_has_no_timeline(api: APIClient) -> None:
    error_of(api.get(path(Ticket(pk=987_654), "?page_size=0")), 404, "not_found")


@pytest.mark.parametrize("size", ["0", "-1", "x", "1.5", "9" * 2000])
def test_a_page_size_that_is_no_number_is_refused(
    api: APIClient, ticket: Ticket, size: str
) -> None:
    error = error_of(api.get(path(ticket, f"?page_size={size}")), 400, "invalid")

    assert set(error["fields"]) == {"page_size"}


@pytest.mark.parametrize(
    "cursor",
    ["x", "1_", "_1", "1@1", "--1_1", "1_-1", "+1_1", "1_1_1", "1_1%0A", "1_1%00", "١_1",
     "9223372036854775808_1", "1_10000000000000000", "1" * 5000, "WyJ4IiwgMSwgZmFsc2Vd"],
)  # fmt: skip
def test_a_cursor_that_no_page_gave_is_refused(api: APIClient, ticket: Ticket, cursor: str) -> None:
    error = error_of(api.get(path(ticket, f"?cursor={cursor}")), 400, "invalid")

    assert set(error["fields"]) == {"cursor"}


@pytest.mark.parametrize(
    "cursor", ["0_0", "-9223372036854775807_9999999999999999", "1_1764150000000000", ""]
)
def test_a_cursor_of_any_time_is_a_place_in_the_list(
    api: APIClient, ticket: Ticket, cursor: str
) -> None:
    assert api.get(path(ticket, f"?cursor={cursor}&page_size=")).status_code == 200
