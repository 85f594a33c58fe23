"""Operators and requesters at the same time, each in a thread and connection of its own."""

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
from tests import requester_mail
from tests.concurrency import at_once
from tests.conftest import client_of
from tests.database import waiting_for_a_lock
from tests.factories import OperatorFactory, RequesterFactory, TicketFactory
from tests.inbox import process_inbox, store_mail
from tests.processes import wait_until
from tests.tickets.requests import post_reply
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def take(client: APIClient, operator: Operator, ticket: Ticket) -> Any:
    return client.post(f"/ops/{operator.pk}/requests/{ticket.pk}/progress/")


def close(client: APIClient, operator: Operator, ticket: Ticket) -> Any:
    return client.post(f"/ops/{operator.pk}/requests/{ticket.pk}/close/")


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
    ticket = TicketFactory.create()
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


def assign(client: APIClient, ticket: Ticket, to: Operator) -> Any:
    body = {"operator_id": to.pk}
    return client.post(f"/requests/user_requests/{ticket.pk}/assign/", body, format="json")


def reopen(client: APIClient, ticket: Ticket) -> Any:
    return client.post(f"/requests/user_requests/{ticket.pk}/reopen/")


def assert_history_is_unbroken(ticket: Ticket) -> None:
    """The steps follow one another, in status, holder and version, up to what the ticket is."""
    steps = list(ticket.history.order_by("id"))
    assert [step.status_after for step in steps[:-1]] == [step.status_before for step in steps[1:]]
    versions = [step.version for step in steps]
    assert versions == list(range(ticket.version - len(steps) + 1, ticket.version + 1))
    assert steps[-1].status_after == ticket.status


@pytest.mark.parametrize("taken", [False, True])
def test_of_two_hand_overs_at_once_the_second_sees_the_first(taken: bool) -> None:
    ticket = TicketFactory.create(taken=taken)
    first, second, by = OperatorFactory.create_batch(3)

    answers = at_once([partial(assign, client_of(by), ticket, to) for to in (first, second)])

    assert [answer.status_code for answer in answers] == [200, 200]
    before = ticket.operator_id
    ticket.refresh_from_db()
    earlier, later = (entry.details or {} for entry in ticket.history.order_by("id"))
    assert earlier == {"before": before, "after": later["before"]}
    assert later["after"] == ticket.operator_id
    assert {later["before"], later["after"]} == {first.pk, second.pk}
    assert_history_is_unbroken(ticket)
    assert OutboundEmail.objects.filter(kind="in_progress").count() == (0 if taken else 1)


def test_takes_and_hand_overs_at_once_mail_taken_once() -> None:
    ticket = TicketFactory.create()
    operators = OperatorFactory.create_batch(6)
    calls: list[Any] = [
        partial(take, client_of(operator), operator, ticket) for operator in operators[:3]
    ]
    calls += [partial(assign, client_of(operator), ticket, operator) for operator in operators[3:]]

    answers = at_once(calls)

    assert all(answer.status_code == 200 for answer in answers[3:])
    assert Counter(answer.status_code for answer in answers[:3])[200] <= 1
    ticket.refresh_from_db()
    assert_history_is_unbroken(ticket)
    assert OutboundEmail.objects.filter(kind="in_progress").count() == 1


def test_a_reopening_and_a_new_mail_leave_one_open_ticket() -> None:
    client = client_of(OperatorFactory.create())
    outcomes: Counter[int] = Counter()

    for number in range(20):
        email = f"requester{number}@race.example"
        ticket = TicketFactory.create(closed=True, requester__email=email)
        store_mail(email)
        calls: list[Any] = [partial(reopen, client, ticket), process_inbox]
        reopening, _worked = at_once(calls)
        outcomes[reopening.status_code] += 1
        open_ticket = Ticket.objects.open().get(requester__email=email)
        message = Message.objects.get(ticket__requester__email=email)
        assert message.ticket == open_ticket
        if reopening.status_code == 200:
            assert open_ticket == ticket
        else:
            assert reopening.json()["error"]["request_id"] == open_ticket.pk

    assert set(outcomes) <= {200, 409}


def test_of_two_reopenings_of_one_requester_one_is_refused() -> None:
    client = client_of(OperatorFactory.create())
    requester = RequesterFactory.create()
    tickets = TicketFactory.create_batch(2, closed=True, requester=requester)

    answers = at_once([partial(reopen, client, ticket) for ticket in tickets])

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
    assert Ticket.objects.open().count() == 1


def test_of_many_who_open_a_ticket_for_one_person_one_does() -> None:
    operators = OperatorFactory.create_batch(5)
    body = {"user_email": "ivan@example.com", "title": "Printer", "description": "It is empty."}

    def open_for(client: APIClient, send: bool) -> Any:
        url = "/requests/user_requests/"
        return client.post(url, {**body, "send": send}, format="json")

    answers = at_once(
        [
            partial(open_for, client_of(operator), number % 2 == 0)
            for number, operator in enumerate(operators)
        ]
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 4}
    ticket = Ticket.objects.get()
    refused = [answer.json()["error"] for answer in answers if answer.status_code == 409]
    assert {error["request_id"] for error in refused} == {ticket.pk}
    assert Message.objects.count() == 1


def test_a_bulk_change_and_single_ones_at_once_take_turns() -> None:
    tickets = TicketFactory.create_batch(5, taken=True)
    operators = OperatorFactory.create_batch(2)
    requests = [{"request_id": ticket.pk} for ticket in tickets]

    def close_all(client: APIClient) -> Any:
        body = {"requests": requests, "action": "close"}
        return client.post("/requests/bulk/", body, format="json")

    def close_each(client: APIClient) -> list[int]:
        codes = [close(client, operators[1], ticket).status_code for ticket in reversed(tickets)]
        return codes[::-1]

    bulk, single = at_once(
        [
            partial(close_all, client_of(operators[0])),
            partial(close_each, client_of(operators[1])),
        ]
    )

    together = [result["status"] for result in bulk.json()["results"]]
    pairs = [sorted(pair) for pair in zip(together, single, strict=True)]
    assert pairs == [[200, 409]] * 5
    assert HistoryEntry.objects.filter(event="closed").count() == 5
    assert OutboundEmail.objects.filter(kind="closed").count() == 5


def test_tags_of_bulk_changes_at_once_are_all_kept() -> None:
    ticket = TicketFactory.create()
    client = client_of(OperatorFactory.create())

    def tag(name: str) -> Any:
        body = {"requests": [{"request_id": ticket.pk}], "action": "tag", "tag": name}
        return client.post("/requests/bulk/", body, format="json")

    at_once([partial(tag, f"tag{number}") for number in range(8)])

    ticket.refresh_from_db()
    assert sorted(ticket.tags) == [f"tag{number}" for number in range(8)]
    assert_history_is_unbroken(ticket)
