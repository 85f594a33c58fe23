"""Every ordering of the tickets, followed to its end over equal and null values."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from rest_framework.test import APIClient

from config.http import walking
from tests.factories import OperatorFactory, RequesterFactory, TicketFactory
from tests.responses import error_of, fetch_pages
from tickets.models import Status, Ticket

URL = "/requests/user_requests/"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# As long as the part that is sorted by, so that only ids tell titles apart that begin with it.
LONG = "л" * 100

SORT_VALUES: dict[str, Callable[[Ticket], Any]] = {
    "request_id": lambda ticket: ticket.pk,
    "title": lambda ticket: ticket.title[:100],
    "description": lambda ticket: ticket.description[:100],
    "status": lambda ticket: ["new", "in_progress", "closed"].index(ticket.status),
    "date_create": lambda ticket: ticket.created_at,
    "date_update": lambda ticket: ticket.updated_at,
    "user_email": lambda ticket: ticket.requester.email,
    "operator": lambda ticket: ticket.operator_id,
    "priority": lambda ticket: ticket.priority,
    "waiting_since": lambda ticket: ticket.waiting_since,
}
ORDERINGS = [sign + field for field in SORT_VALUES for sign in ("", "-")]


@pytest.fixture
def tickets(db: None) -> list[Ticket]:
    """Seventeen tickets with many equal values, and operators and waiting times that are null."""
    operators = [OperatorFactory.create(pk=pk) for pk in (7, 100, 2_147_483_647)]
    requesters = RequesterFactory.create_batch(5)
    titles = ["", "a", "a", "b", LONG + "я", LONG + "а", "б"]
    tickets = []
    for number in range(17):
        requester = requesters[number % 5]
        status = (Status.CLOSED, Status.IN_PROGRESS, Status.NEW)[number % 3]
        if Ticket.objects.filter(requester=requester).open().exists():
            status = Status.CLOSED
        tickets.append(
            TicketFactory.create(
                requester=requester,
                title=titles[number % 7],
                description=titles[number * 3 % 7],
                status=status,
                operator=None if status == Status.NEW else operators[number % 3],
                created_at=START + timedelta(microseconds=number // 4),
                updated_at=START + timedelta(microseconds=number * 5 % 3),
                priority=number % 4 + 1,
                needs_attention=number % 5 != 2,
            )
        )
    assert {ticket.status for ticket in tickets} == set(Status.values)
    return tickets


def expected(tickets: list[Ticket], ordering: str) -> list[int]:
    """Order by (value, id), nulls last both ways."""
    value = SORT_VALUES[ordering.removeprefix("-")]
    with_value = [ticket for ticket in tickets if value(ticket) is not None]
    without = [ticket for ticket in tickets if value(ticket) is None]
    descending = ordering.startswith("-")
    with_value.sort(key=lambda ticket: (value(ticket), ticket.pk), reverse=descending)
    without.sort(key=lambda ticket: ticket.pk, reverse=descending)
    return [ticket.pk for ticket in with_value + without]


def ids(pages: list[dict[str, Any]]) -> list[int]:
    return [row["request_id"] for page in pages for row in page["results"]]


@pytest.mark.slow
@pytest.mark.parametrize("page_size", [1, 3, 17])
@pytest.mark.parametrize("ordering", ORDERINGS)
def test_an_ordering_is_followed_to_its_end_and_back(
    api: APIClient, tickets: list[Ticket], ordering: str, page_size: int
) -> None:
    order = expected(tickets, ordering)
    url = f"{URL}?ordering={ordering}&page_size={page_size}"

    forth = fetch_pages(api, url)
    back = fetch_pages(api, forth[-1]["previous"], link="previous") if len(forth) > 1 else []

    assert ids(forth) == order
    assert [len(page["results"]) for page in forth[:-1]] == [page_size] * (len(forth) - 1)
    assert len(forth) == -(-17 // page_size)
    assert forth[0]["previous"] is None
    assert [page["results"] for page in reversed(back)] == [page["results"] for page in forth[:-1]]
    assert all(page["next"] for page in back)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "longest"), [(500, 5000), (1, 6), (1, 0)])
@pytest.mark.parametrize("query", ["needs_attention=true", "snoozed=false&status=closed"])
@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_filtered_ordering_is_followed_to_its_end_and_back(
    api: APIClient,
    tickets: list[Ticket],
    ordering: str,
    query: str,
    first: int,
    longest: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether its pages are found in the order of the list, or sorted."""
    monkeypatch.setattr(walking, "FIRST_WALK", first)
    monkeypatch.setattr(walking, "LONGEST_WALK", longest)
    chosen = [
        ticket
        for ticket in tickets
        if (ticket.needs_attention if "attention" in query else ticket.status == Status.CLOSED)
    ]
    order = expected(chosen, ordering)

    forth = fetch_pages(api, f"{URL}?ordering={ordering}&page_size=2&{query}")
    back = fetch_pages(api, forth[-1]["previous"], link="previous")

    assert 0 < len(order) < len(tickets)
    assert ids(forth) == order
    assert [page["results"] for page in reversed(back)] == [page["results"] for page in forth[:-1]]


@pytest.mark.parametrize("ordering", ["priority", "-priority", "user_email", "-date_create"])
def test_a_filter_by_the_field_of_the_ordering_leaves_the_order_of_the_rest(
    api: APIClient, tickets: list[Ticket], ordering: str
) -> None:
    first = tickets[0]
    values: dict[str, tuple[str, Callable[[Ticket], bool]]] = {
        "priority": ("priority=low", lambda ticket: ticket.priority == 1),
        "user_email": (
            f"requester={first.requester.email}",
            lambda ticket: ticket.requester_id == first.requester_id,
        ),
        "date_create": (
            "created_before=2026-11-23T09:00:00.000002Z",
            lambda ticket: ticket.created_at <= START + timedelta(microseconds=2),
        ),
    }
    query, is_chosen = values[ordering.removeprefix("-")]

    pages = fetch_pages(api, f"{URL}?ordering={ordering}&page_size=2&{query}")

    order = expected([ticket for ticket in tickets if is_chosen(ticket)], ordering)
    assert ids(pages) == order
    assert 2 < len(order) < 17


def test_the_next_of_a_previous_page_is_the_page_itself(
    api: APIClient, tickets: list[Ticket]
) -> None:
    pages = fetch_pages(api, f"{URL}?ordering=operator&page_size=5")

    back = api.get(pages[2]["previous"]).json()
    forth = api.get(back["next"]).json()

    assert back["results"] == pages[1]["results"]
    assert forth["results"] == pages[2]["results"]


def test_tickets_that_come_between_two_pages_neither_repeat_nor_hide_others(
    api: APIClient, tickets: list[Ticket]
) -> None:
    order = expected(tickets, "title")
    first = api.get(f"{URL}?ordering=title&page_size=6").json()

    before = TicketFactory.create(title="")  # belongs to a page that was read already
    after = TicketFactory.create(title="яя")
    rest = fetch_pages(api, first["next"])

    seen = ids([first, *rest])
    assert before.pk not in seen
    assert seen == [*order, after.pk]


def test_times_are_ordered_to_the_microsecond(api: APIClient, db: None) -> None:
    third, first, second = [
        TicketFactory.create(created_at=START + timedelta(microseconds=number))
        for number in (3, 1, 2)
    ]

    pages = fetch_pages(api, f"{URL}?ordering=date_create&page_size=1")

    assert ids(pages) == [first.pk, second.pk, third.pk]


def test_the_links_keep_the_rest_of_the_query(api: APIClient, tickets: list[Ticket]) -> None:
    page = api.get(f"{URL}?status=closed&ordering=-title&page_size=2").json()

    link = urlsplit(page["next"])
    query = parse_qs(link.query)
    assert (link.scheme, link.netloc, link.path) == ("http", "testserver", URL)
    assert set(query) == {"status", "ordering", "page_size", "cursor"}
    assert (query["status"], query["ordering"]) == (["closed"], ["-title"])


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


BAD_CURSORS = {
    "words": "abc",
    "no base64": "%%%",
    "letters beyond ASCII": "курсор",
    "a NUL": "\x00",
    "random bytes": base64.urlsafe_b64encode(bytes(range(128, 160))).decode(),
    "no JSON": base64.urlsafe_b64encode(b"{").decode(),
    "no list": base64.urlsafe_b64encode(b"5").decode(),
    "an object": base64.urlsafe_b64encode(b'{"a":1,"b":2,"c":3}').decode(),
    "too short": cursor("a", 1),
    "too long": cursor("a", 1, False, 1),
    "no key": cursor("a", None, False),
    "a list as key": cursor("a", [1], False),
    "words as key": cursor("a", "b", False),
    "an object as key": cursor("a", {"b": 1}, False),
    "infinity as key": base64.urlsafe_b64encode(b'["a", Infinity, false]').decode(),
    "a key beyond all limits": base64.urlsafe_b64encode(b'["a",' + b"9" * 5000 + b",0]").decode(),
    "nested too deep": base64.urlsafe_b64encode(b"[" * 50_000).decode(),
    "very long": "A" * 50_000,
}


@pytest.mark.parametrize("text", BAD_CURSORS.values(), ids=list(BAD_CURSORS))
@pytest.mark.parametrize("ordering", ["title", "-request_id", "operator"])
def test_a_bad_cursor_is_400(api: APIClient, text: str, ordering: str) -> None:
    answer = api.get(f"{URL}?ordering={ordering}&cursor={quote(text)}", HTTP_ACCEPT_LANGUAGE="en")

    error = error_of(answer, 400, "invalid")
    assert error["fields"] == {
        "cursor": ["No such page; follow `next` and `previous` as they were answered."]
    }


TAMPERED_VALUES = [
    None, True, False, 0, -1, 2**31, -(2**31) - 1, 2**63, -(2**63) - 1, 10**100, 1.5, 1e300,
    "", "abc", "a\x00b", "\ud800", "x" * 10_000, [], ["a"], {}, {"a": 1},
    "2026-11-23T09:00:00+00:00", "2026-11-23T09:00:00", "2026-13-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23", float("nan"),
    float("inf"), "' OR 1=1 --", "%s", "%(x)s",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("ordering", SORT_VALUES)
def test_a_tampered_cursor_is_answered_with_rows_or_with_400(api: APIClient, ordering: str) -> None:
    TicketFactory.create(taken=True)

    texts = [cursor(value, key, key == 1) for value in TAMPERED_VALUES for key in (1, -(10**30))]
    answers = [api.get(f"{URL}?ordering={ordering}&cursor={text}") for text in texts]

    assert {answer.status_code for answer in answers} == {200, 400}
    for answer in answers:
        if answer.status_code == 400:
            assert list(error_of(answer, 400, "invalid")["fields"]) == ["cursor"]


def test_a_cursor_of_another_ordering_is_400_where_its_value_does_not_fit(
    api: APIClient, tickets: list[Ticket]
) -> None:
    page = api.get(f"{URL}?ordering=title&page_size=2").json()
    text = parse_qs(urlsplit(page["next"]).query)["cursor"][0]

    answer = api.get(f"{URL}?ordering=date_create&cursor={text}")

    error_of(answer, 400, "invalid")
