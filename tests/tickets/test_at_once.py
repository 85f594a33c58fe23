"""Several operators at the same time, each in a thread and connection of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.concurrency import at_once
from tests.conftest import client_of
from tests.database import waiting_for_a_lock
from tests.factories import OperatorFactory, RequesterFactory, TicketFactory
from tests.processes import wait_until
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def reply(client: APIClient, operator: Operator, ticket: Ticket, text: str) -> Any:
    return client.post(
        f"/mgs/requests/{ticket.pk}/mgs/create",
        {
            "title": "Re",
            "description": text,
            "recipient_mail": ticket.requester.email,
            "operator_id": operator.pk,
        },
        format="json",
    )


@pytest.mark.parametrize("count", [2, 10])
def test_of_operators_who_take_at_once_exactly_one_gets_it(count: int) -> None:
    ticket = TicketFactory.create()
    operators = OperatorFactory.create_batch(count)
    urls = [f"/ops/{one.pk}/requests/{ticket.pk}/progress/" for one in operators]
    clients = [client_of(one) for one in operators]

    answers = at_once(
        [partial(client.post, url) for client, url in zip(clients, urls, strict=True)]
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: count - 1}
    winner = next(
        one for one, answer in zip(operators, answers, strict=True) if answer.status_code == 200
    )
    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator) == ("in_progress", winner)
    assert HistoryEntry.objects.get().operator == winner
    assert OutboundEmail.objects.get().kind == "in_progress"


def test_whoever_works_for_a_requester_waits_for_the_one_before() -> None:
    email = RequesterFactory.create().email
    opened, waits = Event(), Event()

    def open_slowly() -> int:
        with transaction.atomic():
            requester = services.lock_requester(email=email, name="")
            message = services.open_ticket(
                requester=requester, title="Printer", text="?", written_at=timezone.now()
            )
            opened.set()
            assert waits.wait(30)
        return message.ticket_id

    @transaction.atomic
    def look() -> int | None:
        assert opened.wait(30)
        requester = services.lock_requester(email=email, name="")
        ticket = services.lock_open_ticket(requester=requester)
        return ticket.pk if ticket else None

    with ThreadPoolExecutor(1) as threads:
        both = threads.submit(at_once, [open_slowly, look])
        wait_until(waiting_for_a_lock)
        waits.set()

    ticket = Ticket.objects.get()
    assert both.result() == [ticket.pk, ticket.pk]


def test_of_ten_closings_at_once_exactly_one_closes() -> None:
    ticket = TicketFactory.create(taken=True)
    operators = OperatorFactory.create_batch(10)

    answers = at_once(
        [
            partial(client_of(one).post, f"/ops/{one.pk}/requests/{ticket.pk}/close/")
            for one in operators
        ]
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    assert HistoryEntry.objects.get().event == "closed"
    assert OutboundEmail.objects.get().kind == "closed"


def test_twenty_replies_at_once_are_numbered_without_gaps() -> None:
    ticket = TicketFactory.create()
    operators = OperatorFactory.create_batch(20)

    answers = at_once(
        [
            partial(reply, client_of(one), one, ticket, f"reply {number}")
            for number, one in enumerate(operators)
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


def test_replies_while_the_ticket_is_closed_come_before_it_or_are_409() -> None:
    ticket = TicketFactory.create(taken=True)
    operators = OperatorFactory.create_batch(9)
    closer = OperatorFactory.create()
    calls = [partial(reply, client_of(one), one, ticket, "text") for one in operators]
    calls.insert(
        4, partial(client_of(closer).post, f"/ops/{closer.pk}/requests/{ticket.pk}/close/")
    )

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
    ticket = TicketFactory.create()
    operator = OperatorFactory.create()
    client = client_of(operator)

    def write(number: int) -> str:
        from django.db import transaction

        with transaction.atomic():
            requester = services.lock_requester(email=ticket.requester.email, name="")
            found = services.lock_open_ticket(requester=requester)
            if found is None:
                return "none open"
            services.add_message(
                ticket=found, title="", text=str(number), written_at=found.created_at
            )
            return "written"

    at_once(
        [
            *(partial(write, number) for number in range(5)),
            *(partial(reply, client, operator, ticket, "text") for _ in range(5)),
            partial(client.post, f"/ops/{operator.pk}/requests/{ticket.pk}/progress/"),
            partial(client.post, f"/ops/{operator.pk}/requests/{ticket.pk}/close/"),
        ]
    )

    numbers = list(Message.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    history = list(HistoryEntry.objects.order_by("id"))
    assert [step.status_after for step in history[:-1]] == [
        step.status_before for step in history[1:]
    ]
    ticket.refresh_from_db()
    assert history[-1].status_after == ticket.status
    assert ticket.message_count == len(numbers)
