"""The list of a queue at `/desk/`."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from operators.models import Operator
from tests.factories import (
    DraftFactory,
    MessageFactory,
    OperatorFactory,
    RequesterFactory,
    TicketFactory,
    minutes_ago,
)
from tests.tickets.desk.queue.pages import numbers, text_of
from tickets.desk.queue import QueueView
from tickets.desk.queues import DESK_QUEUES
from tickets.models import Message, Ticket
from tickets.quotes.segments import split_segments
from tickets.seen import mark_seen

pytestmark = pytest.mark.django_db


def test_who_is_not_signed_in_is_asked_to(client: Client) -> None:
    answer = client.get("/desk/?queue=new")

    assert (answer.status_code, answer["Location"]) == (
        302,
        "/desk/sign-in/?next=%2Fdesk%2F%3Fqueue%3Dnew",
    )


def test_each_queue_has_what_it_counts(desk: Client, operator: Operator) -> None:
    new = TicketFactory.create().pk
    mine = TicketFactory.create(status="in_progress", operator=operator).pk
    others = TicketFactory.create(taken=True, waiting_on="requester").pk
    asleep = TicketFactory.create(snoozed_until=timezone.now() + timedelta(days=1)).pk
    failed = TicketFactory.create(closed=True, needs_attention=True).pk

    lists = {queue.name: numbers(desk.get(f"/desk/?queue={queue.name}")) for queue in DESK_QUEUES}

    assert lists == {
        "waiting": [new, mine],
        "new": [new],
        "mine": [mine],
        "open": [others, mine, new],
        "snoozed": [asleep],
        "needs_attention": [failed],
        "closed": [failed],
        "all": [failed, asleep, others, mine, new],
    }
    counts = re.findall(r'<span class="count">(\d+)</span>', desk.get("/desk/").content.decode())
    assert counts == ["2", "1", "1", "3", "1", "1", "1", "5"]


def test_without_a_queue_that_is_shown_which_waits_longest(desk: Client) -> None:
    late = TicketFactory.create(created_at=minutes_ago(5)).pk
    early = TicketFactory.create(created_at=minutes_ago(50)).pk

    answer = desk.get("/desk/")

    assert numbers(answer) == [early, late]
    assert '?queue=waiting" data-key="g w" data-key-name="Waiting for us" aria-current="page"' in (
        answer.content.decode()
    )


def test_the_title_tells_how_many_of_mine_wait_for_us(desk: Client, operator: Operator) -> None:
    TicketFactory.create(status="in_progress", operator=operator)
    TicketFactory.create(status="in_progress", operator=operator, waiting_on="requester")

    assert 'data-mine="1"' in desk.get("/desk/").content.decode()


def test_a_row_says_what_there_is_to_know(desk: Client) -> None:
    anna = OperatorFactory.create(name="Anna Smith")
    ticket = TicketFactory.create(
        status="in_progress",
        operator=anna,
        requester=RequesterFactory.create(name="Ivan", email="ivan@example.com"),
        title="The printer",
        priority=4,
        tags=["printer", "floor-3", "hp", "urgent-call"],
        needs_attention=True,
        created_at=minutes_ago(200),
    )
    text = (
        "It has no paper.\n\nOn Mon, Nov 23, 2026 at 9:00 AM Desk <d@example.com> wrote:\n> Hello"
    )
    segments = [{"kind": s.kind, "start": s.start, "end": s.end} for s in split_segments(text)]
    MessageFactory.create(ticket=ticket, text=text, segments=segments)

    answer = desk.get("/desk/?queue=all")

    shown = text_of(answer)
    for words in (
        f"#{ticket.pk} The printer It has no paper. Ivan in progress",
        "delivery trouble urgent printer floor-3 hp +1 AS Held by Anna Smith waits for us 3 h",
    ):
        assert words in shown
    assert "wrote:" not in shown
    assert 'title="ivan@example.com"' in answer.content.decode()


def test_a_row_says_who_of_us_wrote_last(desk: Client, operator: Operator) -> None:
    anna = OperatorFactory.create(name="Anna")
    for sender in (operator, anna):
        ticket = TicketFactory.create(status="in_progress", operator=anna)
        MessageFactory.create(
            ticket=ticket,
            sender_type=Message.SenderType.OPERATOR,
            operator=sender,
            text="We look into it.",
        )

    shown = text_of(desk.get("/desk/?queue=all"))

    assert "You : We look into it." in shown
    assert "Anna : We look into it." in shown


def test_a_row_says_who_else_is_writing(desk: Client, operator: Operator, ticket: Ticket) -> None:
    DraftFactory.create(ticket=ticket, operator=operator)
    DraftFactory.create(ticket=ticket, operator__name="Anna")
    DraftFactory.create(ticket=ticket, operator__name="Tom", updated_at=minutes_ago(3))
    DraftFactory.create(ticket=ticket, operator__name="Gone", operator__is_active=False)

    shown = text_of(desk.get("/desk/"))

    assert "Anna is writing" in shown
    assert "Tom has a draft" in shown
    assert "Gone" not in shown
    assert operator.name not in shown.partition("Select all")[2]


def test_a_row_is_marked_until_its_ticket_is_seen(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    assert "new for you" in text_of(desk.get("/desk/"))

    mark_seen(ticket, operator)

    assert "new for you" not in text_of(desk.get("/desk/"))


def test_hostile_texts_are_shown_as_they_are(desk: Client) -> None:
    evil = "<script>alert(1)</script>\"' onmouseover=x"
    operator = OperatorFactory.create(name=evil)
    ticket = TicketFactory.create(
        status="in_progress", operator=operator, title=evil, requester__name=evil
    )
    MessageFactory.create(ticket=ticket, text=evil)
    DraftFactory.create(ticket=ticket, operator=operator)

    for query in ("queue=all", "search=alert", "queue=all&operator=<script>", "search=%3Cscript"):
        html = desk.get(f"/desk/?{query}").content.decode()
        assert "<script>" not in html
        assert "\"' onmouseover" not in html
        assert "&lt;script" in html


def test_a_search_marks_what_it_found(desk: Client) -> None:
    ticket = TicketFactory.create(title="Принтер & <b>бумага</b>")
    MessageFactory.create(ticket=ticket, title="Re", text="В принтере нет бумаги, ещё раз")

    html = desk.get("/desk/?search=принтера бумаги").content.decode()

    assert "<mark>Принтер</mark> &amp; &lt;b&gt;<mark>бумага</mark>&lt;/b&gt;" in html
    assert "В <mark>принтере</mark> нет <mark>бумаги</mark>, ещё раз" in html
    assert "<h1>Search</h1>" in html


def test_a_long_list_goes_on_where_the_page_ends(desk: Client) -> None:
    tickets = [ticket.pk for ticket in TicketFactory.create_batch(2 * QueueView.page_rows - 7)]

    first = desk.get("/desk/?queue=new")
    (link,) = re.findall(r'id="more"><a class="button" href="([^"]+)"', first.content.decode())
    second = desk.get("/desk/" + link.replace("&amp;", "&"))

    assert numbers(first) + numbers(second) == tickets
    assert 'id="more"' not in second.content.decode()
    assert "Previous page" in text_of(second)


def test_a_refresh_may_ask_for_as_many_rows_as_there_are(desk: Client) -> None:
    TicketFactory.create_batch(53)

    answer = desk.get("/desk/?queue=new&page_size=52")

    assert len(numbers(answer)) == 52
    assert "page_size" not in re.findall(r'id="more">.*?hx-trigger', answer.content.decode())[0]


@pytest.mark.parametrize("query", ["queue=new", "search=принтер"])
def test_a_page_takes_the_same_queries_however_long_it_is(desk: Client, query: str) -> None:
    MessageFactory.create()
    desk.get("/desk/")
    with CaptureQueriesContext(connection) as one:
        assert len(numbers(desk.get(f"/desk/?{query}"))) == 1
    for _ in range(10):
        DraftFactory.create(ticket=MessageFactory.create().ticket)

    with CaptureQueriesContext(connection) as many:
        assert len(numbers(desk.get(f"/desk/?{query}"))) == 11

    assert len(many) == len(one)
    assert len(many) <= 16


@pytest.mark.parametrize("queue", DESK_QUEUES, ids=lambda queue: queue.name)
def test_each_empty_queue_says_so_in_its_own_words(desk: Client, queue: object) -> None:
    name = getattr(queue, "name", "")

    shown = text_of(desk.get(f"/desk/?queue={name}"))

    assert str(getattr(queue, "nothing", "")) in shown
    assert "What to do with the selected" not in shown


def test_a_search_without_hits_says_so(desk: Client, ticket: Ticket) -> None:
    assert "Nothing was found" in text_of(desk.get("/desk/?search=nosuchword"))


def test_the_page_is_in_the_operators_language(operator: Operator, desk: Client) -> None:
    operator.language = "ru"
    operator.save()

    assert '<html lang="ru">' in desk.get("/desk/").content.decode()
