"""Filters and orders of the queue, and how its page shows them."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from operators.models import Operator
from tests.factories import OperatorFactory, TicketFactory, minutes_ago
from tests.tickets.desk.queue.pages import numbers, text_of

pytestmark = pytest.mark.django_db


def chips(answer: Any) -> dict[str, str]:
    """Return the texts of the chips, each with the link that takes it away."""
    found = re.findall(
        r'<span class="chip[^"]*">(.*?)<a href="([^"]+)" aria-label="Without',
        answer.content.decode(),
    )
    return {re.sub(r"<[^>]*>", "", text): unescape(link) for text, link in found}


def test_filters_apply_together_and_each_has_a_chip(desk: Client) -> None:
    anna = OperatorFactory.create(name="Anna")
    wanted = TicketFactory.create(status="in_progress", operator=anna, priority=4, tags=["a", "b"])
    TicketFactory.create(status="in_progress", operator=anna, priority=4, tags=["a"])
    query = f"queue=open&operator={anna.pk}&priority=urgent&tag=a&tag=b&cursor="

    answer = desk.get(f"/desk/?{query}")

    assert numbers(answer) == [wanted.pk]
    assert chips(answer) == {
        "Held by: Anna": "?queue=open&priority=urgent&tag=a&tag=b",
        "Priority: urgent": f"?queue=open&operator={anna.pk}&tag=a&tag=b",
        "Tag: a": f"?queue=open&operator={anna.pk}&priority=urgent&tag=b",
        "Tag: b": f"?queue=open&operator={anna.pk}&priority=urgent&tag=a",
    }


def test_a_chip_says_values_in_words(desk: Client, operator: Operator) -> None:
    query = "operator=me&waiting_on=requester&snoozed=false&created_after=2020-01-05T09:00:00Z"

    shown = list(chips(desk.get(f"/desk/?{query}&ordering=-priority")))

    assert shown == [
        "Held by: me",
        "Waits for: them",
        "Snoozed: no",
        "Created after: 5 January 2020",
        "Sorted by: Most urgent",
    ]


def test_an_order_is_chosen_by_a_link(desk: Client) -> None:
    first = TicketFactory.create(priority=1, created_at=minutes_ago(9))
    second = TicketFactory.create(priority=4, created_at=minutes_ago(5))
    page = desk.get("/desk/?queue=new")
    links = re.findall(r'<a href="([^"]+)"[^>]*>Most urgent', page.content.decode())

    answer = desk.get("/desk/" + unescape(links[0]))

    assert numbers(page) == [first.pk, second.pk]
    assert numbers(answer) == [second.pk, first.pk]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("queue=nonsense", "queue : Must be one of waiting, new, mine"),
        ("priority=huge", "priority : Must be one of low, normal, high, urgent."),
        ("operator=foo", "operator : Must be an operator's id, me or none."),
        ("ordering=size", "ordering : Must be one of request_id"),
        ("page_size=x", "page_size : Must be a whole number"),
        ("cursor=x", "cursor : No such page"),
        (f"search={'x ' * 300}", "search : "),
        ("created_after=yesterday", "created_after : Must be a time"),
    ],
)
def test_a_filter_that_makes_no_sense_is_shown_with_a_way_out(
    desk: Client, query: str, words: str
) -> None:
    TicketFactory.create()

    answer = desk.get(f"/desk/?{query}")

    assert answer.status_code == 400
    assert "This filter does not work" in text_of(answer)
    assert words in text_of(answer)
    assert "Show the queue without filters" in text_of(answer)
    assert numbers(answer) == []


def test_an_unknown_holder_is_nobody(desk: Client) -> None:
    TicketFactory.create()

    answer = desk.get("/desk/?operator=987654")

    assert (answer.status_code, numbers(answer)) == (200, [])
    assert "No ticket is like this" in text_of(answer)


def test_the_form_of_filters_keeps_the_queue_the_search_and_tags(desk: Client) -> None:
    html = desk.get("/desk/?queue=closed&search=paper&tag=a&priority=high").content.decode()

    form = html[html.index("data-drop-empty") :]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', form)
    assert hidden[:3] == [("queue", "closed"), ("search", "paper"), ("tag", "a")]
    assert '<option value="high" selected>' in form


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_no_other_zone_has_is_shown_as_it_is(desk: Client, at: str) -> None:
    answer = desk.get("/desk/", {"created_after": at})

    assert answer.status_code in (200, 400)
    assert list(chips(answer)) == [f"Created after: {at}"]
