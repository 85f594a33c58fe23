"""Bulk changes under an `Idempotency-Key`, which are one transaction."""

import uuid
from collections import Counter
from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.concurrency import at_once
from tests.conftest import client_of
from tests.factories import OperatorFactory, TicketFactory
from tests.inbox import process_inbox, store_mail
from tests.operators.changes import KEY
from tickets.models import HistoryEntry, Ticket

pytestmark = pytest.mark.django_db


def bulk(client: APIClient, tickets: list[Ticket], action: str, key: str = "", **value: Any) -> Any:
    body = {"requests": [{"request_id": row.pk} for row in tickets], "action": action, **value}
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return client.post("/requests/bulk/", body, format="json", headers=headers)


def test_a_bulk_change_under_a_key_keeps_what_went_well(api: APIClient) -> None:
    held, new = TicketFactory.create(taken=True), TicketFactory.create()

    first = bulk(api, [new, held], "close", key=KEY)
    second = bulk(api, [new, held], "close", key=KEY)

    assert [result["status"] for result in first.json()["results"]] == [409, 200]
    assert second.content == first.content
    assert HistoryEntry.objects.get().ticket == held


@pytest.mark.django_db(transaction=True)
def test_bulk_changes_under_keys_and_incoming_mail_take_turns() -> None:
    for attempt in range(5):
        tickets = [
            TicketFactory.create(taken=True, requester__email=f"r{attempt}.{number}@race.example")
            for number in range(8)
        ]
        for ticket in reversed(tickets):
            store_mail(ticket.requester.email)
        clients = [client_of(OperatorFactory.create()) for _ in range(3)]

        calls: list[Any] = [
            partial(bulk, clients[0], tickets, "close"),
            partial(bulk, clients[1], tickets[::-1], "tag", tag="x"),
            partial(bulk, clients[2], tickets[3:] + tickets[:3], "priority", priority="high"),
            process_inbox,
        ]
        answers = at_once(calls)[:3]

        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {200: 3}
        each = [row["status"] for answer in answers for row in answer.json()["results"]]
        assert each == [200] * 24


@pytest.mark.django_db(transaction=True)
def test_bulk_changes_under_keys_that_write_to_the_same_mailboxes_take_turns() -> None:
    clients = [client_of(OperatorFactory.create()) for _ in range(2)]
    for attempt in range(5):
        mailboxes = [f"person{attempt}.{number}" for number in range(8)]
        first, second = (
            [
                TicketFactory.create(taken=True, requester__email=f"{name}+{tag}@race.example")
                for name in mailboxes
            ]
            for tag in ("a", "b")
        )

        answers = at_once(
            [
                partial(bulk, clients[0], first, "close"),
                partial(bulk, clients[1], second[::-1], "close"),
            ]
        )

        assert [answer.status_code for answer in answers] == [200, 200]
