"""Operators and requesters at the same time, each in a thread and connection of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest
from django.db import transaction
from django.utils import timezone

from mailing.models import OutboundEmail
from tests import requester_mail
from tests.concurrency import at_once
from tests.conftest import client_of
from tests.database import waiting_for_a_lock
from tests.factories import MessageFactory, OperatorFactory, RequesterFactory, TicketFactory
from tests.processes import wait_until
from tests.tickets.requests import close, post_reply, take
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("count", [2, 10])
def test_only_one_of_the_operators_who_take_a_ticket_at_once_gets_it(count: int) -> None:
    ticket = TicketFactory.create()
    operators = OperatorFactory.create_batch(count)

    answers = at_once(
        [partial(take, client_of(operator), operator, ticket) for operator in operators]
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: count - 1}
    codes = [answer.status_code for answer in answers]
    winner = operators[codes.index(200)]
    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator) == ("in_progress", winner)
    assert HistoryEntry.objects.get().operator == winner
    assert OutboundEmail.objects.get().kind == "in_progress"


def test_a_second_transaction_for_a_requester_waits_for_the_first() -> None:
    email = RequesterFactory.create().email
    opened, other_waits = Event(), Event()

    def open_slowly() -> int:
        with transaction.atomic():
            requester = requester_mail.lock_requester(email=email, name="")
            message = requester_mail.open_ticket(
                requester=requester, title="Printer", text="?", written_at=timezone.now()
            )
            opened.set()
            assert other_waits.wait(30)
        return message.ticket_id

    @transaction.atomic
    def find_open_ticket() -> int | None:
        assert opened.wait(30)
        requester = requester_mail.lock_requester(email=email, name="")
        ticket = requester_mail.lock_open_ticket(requester=requester)
        return ticket.pk if ticket else None

    with ThreadPoolExecutor(1) as threads:
        both = threads.submit(at_once, [open_slowly, find_open_ticket])
        wait_until(waiting_for_a_lock)
        other_waits.set()

    ticket = Ticket.objects.get()
    assert both.result() == [ticket.pk, ticket.pk]


def test_only_one_of_ten_closings_at_once_closes() -> None:
    ticket = TicketFactory.create(taken=True)
    operators = OperatorFactory.create_batch(10)

    answers = at_once(
        [partial(close, client_of(operator), operator, ticket) for operator in operators]
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    assert HistoryEntry.objects.get().event == "closed"
    assert OutboundEmail.objects.get().kind == "closed"


def test_twenty_replies_at_once_are_numbered_without_gaps() -> None:
    ticket = TicketFactory.create()
    operators = OperatorFactory.create_batch(20)

    answers = at_once(
        [
            partial(
                post_reply, client_of(operator), operator, ticket, description=f"reply {number}"
            )
            for number, operator in enumerate(operators)
        ]
    )

    assert [answer.status_code for answer in answers] == [201] * 20
    assert sorted(answer.json()["sort"] for answer in answers) == list(range(1, 21))
    stored = list(Message.objects.filter(ticket=ticket).order_by("number"))
    assert [message.number for message in stored] == list(range(1, 21))
    assert stored == sorted(stored, key=lambda message: message.created_at)
    assert {message.text for message in stored} == {f"reply {number}" for number in range(20)}
    assert HistoryEntry.objects.filter(event="operator_replied").count() == 20
    assert OutboundEmail.objects.filter(kind="reply").count() == 20
    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.updated_at) == (20, stored[-1].created_at)


def test_replies_at_the_same_time_as_the_closing_come_before_it_or_are_409() -> None:
    ticket = TicketFactory.create(taken=True)
    operators = OperatorFactory.create_batch(9)
    closer = OperatorFactory.create()
    calls = [partial(post_reply, client_of(operator), operator, ticket) for operator in operators]
    calls.insert(4, partial(close, client_of(closer), closer, ticket))

    answers = at_once(calls)

    codes = [answer.status_code for answer in answers]
    assert codes.pop(4) == 200
    assert set(codes) <= {201, 409}
    written = codes.count(201)
    assert Message.objects.count() == written
    assert OutboundEmail.objects.filter(kind="reply").count() == written
    events = list(HistoryEntry.objects.order_by("id").values_list("event", flat=True))
    assert events == ["operator_replied"] * written + ["closed"]
    ticket.refresh_from_db()
    assert (ticket.status, ticket.message_count) == ("closed", written)


def test_a_requester_writes_while_operators_reply_take_and_close() -> None:
    ticket = MessageFactory.create().ticket
    operator = OperatorFactory.create()
    client = client_of(operator)

    def write(number: int) -> str:
        with transaction.atomic():
            requester = requester_mail.lock_requester(email=ticket.requester.email, name="")
            open_ticket = requester_mail.lock_open_ticket(requester=requester)
            if open_ticket is None:
                return "none open"
            requester_mail.add_message(
                ticket=open_ticket, title="", text=str(number), written_at=timezone.now()
            )
            return "written"

    at_once(
        [
            *(partial(write, number) for number in range(5)),
            *(partial(post_reply, client, operator, ticket) for _ in range(5)),
            partial(take, client, operator, ticket),
            partial(close, client, operator, ticket),
        ]
    )

    numbers = list(Message.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    history = list(HistoryEntry.objects.order_by("id"))
    assert [entry.status_after for entry in history[:-1]] == [
        entry.status_before for entry in history[1:]
    ]
    ticket.refresh_from_db()
    assert history[-1].status_after == ticket.status
    assert ticket.message_count == len(numbers)
