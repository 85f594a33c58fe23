"""Hand-overs, reopenings, openings and bulk changes at the same time."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from operators.services import change_operator
from tests.concurrency import at_once, then_disconnect
from tests.conftest import client_of
from tests.factories import OperatorFactory, RequesterFactory, TicketFactory
from tests.inbox import process_inbox, store_mail
from tests.tickets.requests import assign, close, reopen, take
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


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

    answers = at_once([partial(assign, client_of(by), ticket, to.pk) for to in (first, second)])

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
    calls += [
        partial(assign, client_of(operator), ticket, operator.pk) for operator in operators[3:]
    ]

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


def test_hand_overs_and_a_change_of_an_operator_take_turns() -> None:
    first, second, changed = OperatorFactory.create_batch(3)
    Operator.objects.exclude(pk=changed.pk).update(is_supervisor=True)
    tickets = TicketFactory.create_batch(2)

    rename = partial(change_operator, operator_id=changed.pk, changes={"name": "Petr"})
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            services.assign_ticket(ticket_id=tickets[0].pk, to=second, by=second)
            with connection.cursor() as cursor:  # as far as a commit may have checked the keys
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            change = threads.submit(then_disconnect, rename)
            time.sleep(0.5)  # it need not wait for a lock
            services.assign_ticket(ticket_id=tickets[1].pk, to=first, by=second)
        change.result(30)

    assert set(Ticket.objects.values_list("operator", flat=True)) == {first.pk, second.pk}
    changed.refresh_from_db()
    assert changed.name == "Petr"
