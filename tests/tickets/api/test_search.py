"""The search of the ticket list through the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories import MessageFactory, NoteFactory, TicketFactory
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

URL = "/requests/user_requests/"


def ticket_with(text: str, **values: Any) -> Ticket:
    ticket = TicketFactory.create(**values)
    MessageFactory.create(ticket=ticket, title="Вопрос", text=text)
    return ticket


def page(client: APIClient, **query: str) -> Any:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(client: APIClient, **query: str) -> list[int]:
    return [row["request_id"] for row in page(client, **query)["results"]]


def test_hits_come_newest_first_with_the_piece_that_was_found(api: APIClient) -> None:
    old, new = ticket_with("Сломан принтер"), ticket_with("Все принтеры сломаны", closed=True)
    ticket_with("Сканер")

    results = page(api, search="принтер")["results"]

    assert [(row["request_id"], row["snippet"]) for row in results] == [
        (new.pk, "Вопрос Все принтеры сломаны"),
        (old.pk, "Вопрос Сломан принтер"),
    ]


def test_ordering_and_filters_hold_in_a_search(api: APIClient) -> None:
    old, new = ticket_with("Сломан принтер"), ticket_with("принтер", closed=True)

    assert ids(api, search="принтер", ordering="request_id") == [old.pk, new.pk]
    assert ids(api, search="принтер", status="closed") == [new.pk]
    assert ids(api, search="принтер", queue="new", ordering="-date_update") == [old.pk]
    assert ids(api, search=f"#{old.pk}", ordering="status") == [old.pk]


def test_without_a_search_there_is_no_snippet_and_the_oldest_comes_first(api: APIClient) -> None:
    tickets = [ticket_with("принтер"), ticket_with("принтер")]

    for search in ("", "  "):
        results = page(api, search=search)["results"]
        assert [row["request_id"] for row in results] == [ticket.pk for ticket in tickets]
        assert "snippet" not in results[0]


def test_pages_of_a_search_lead_both_ways(api: APIClient) -> None:
    tickets = [ticket_with("принтер") for _ in range(7)]
    ticket_with("сканер")

    first = page(api, search="принтер", page_size="3")
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()
    back = api.get(second["previous"]).json()

    shown = [row["request_id"] for part in (first, second, third) for row in part["results"]]
    assert shown == sorted((ticket.pk for ticket in tickets), reverse=True)
    assert third["next"] is None
    assert back["results"] == first["results"]
    assert all(row["snippet"] for row in third["results"])


def test_counts_take_the_search(api: APIClient) -> None:
    ticket_with("принтер")
    ticket_with("сканер")

    counts = api.get(f"{URL}counts/", {"search": "принтер"}).json()

    assert (counts["new"], counts["open"], counts["snoozed"]) == (1, 1, 0)


def test_a_note_is_found_until_it_is_deleted(api: APIClient) -> None:
    note = NoteFactory.create(ticket=ticket_with("принтер"), text="на гарантии")
    assert page(api, search="гарантия принтер")["results"][0]["snippet"] == "на гарантии"

    note.delete()

    assert ids(api, search="гарантия") == []


@pytest.mark.parametrize("text", ["а" * 501, " ".join(map(str, range(21)))])
@pytest.mark.parametrize("url", [URL, f"{URL}counts/", "/requests/requesters/"])
def test_a_search_that_is_too_long_is_refused(api: APIClient, url: str, text: str) -> None:
    answer = api.get(url, {"search": text})

    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["search"]


def test_a_nul_in_a_search_is_refused(api: APIClient) -> None:
    assert api.get(f"{URL}?search=%00").status_code == 400
