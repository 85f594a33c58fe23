"""`PUT /requests/user_requests/{id}/seen/`, and `unread` in the list."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from operators.models import Operator
from tests.conftest import client_of
from tests.factories import MessageFactory, OperatorFactory, TicketFactory
from tests.responses import error_of
from tickets.models import HistoryEntry, Message, SeenTicket, Ticket
from tickets.seen import mark_seen

pytestmark = pytest.mark.django_db


def put(client: APIClient, ticket: Ticket, count: Any) -> Any:
    path = f"/requests/user_requests/{ticket.pk}/seen/"
    return client.put(path, {"message_count": count}, format="json")


def unread(client: APIClient) -> list[bool]:
    return [row["unread"] for row in client.get("/requests/user_requests/").json()["results"]]


def test_a_ticket_is_unread_until_its_last_message_is_seen(api: APIClient, ticket: Ticket) -> None:
    assert unread(api) == [True]

    answer = put(api, ticket, 1)

    assert (answer.status_code, answer.json()) == (200, {"message_count": 1})
    assert unread(api) == [False]
    MessageFactory.create(ticket=ticket)
    assert unread(api) == [True]
    assert put(api, ticket, 2).status_code == 200
    assert unread(api) == [False]


def test_a_ticket_can_be_made_unread_again(api: APIClient, ticket: Ticket) -> None:
    put(api, ticket, 1)

    put(api, ticket, 0)

    assert unread(api) == [True]


def test_messages_that_do_not_exist_are_not_seen_beforehand(api: APIClient, ticket: Ticket) -> None:
    answer = put(api, ticket, 50)

    assert answer.json() == {"message_count": 1}
    MessageFactory.create(ticket=ticket)
    assert unread(api) == [True]


def test_each_operator_sees_for_themselves(api: APIClient, ticket: Ticket) -> None:
    other = client_of(OperatorFactory.create())

    put(api, ticket, 1)

    assert (unread(api), unread(other)) == ([False], [True])


def test_operators_messages_automatic_replies_and_closed_tickets_are_never_unread(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    put(api, ticket, 1)
    MessageFactory.create(ticket=ticket, sender_type=Message.SenderType.OPERATOR, operator=operator)
    MessageFactory.create(ticket=ticket, is_quiet=True)
    MessageFactory.create(ticket=TicketFactory.create(closed=True))

    assert unread(api) == [False, False]


def test_who_answers_has_seen_what_they_answer(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    MessageFactory.create(ticket=ticket, sender_type=Message.SenderType.OPERATOR, operator=operator)
    assert unread(api) == [False]

    MessageFactory.create(ticket=ticket)

    assert unread(api) == [True]


def test_seeing_changes_nothing_in_the_ticket(api: APIClient, ticket: Ticket) -> None:
    before = Ticket.objects.values().get()

    put(api, ticket, 1)
    put(api, ticket, 1)

    assert Ticket.objects.values().get() == before
    assert not HistoryEntry.objects.exists()
    assert SeenTicket.objects.count() == 1


@pytest.mark.parametrize("count", [-1, None, "x", 2**31, True])
def test_what_is_no_number_of_messages_is_refused(
    api: APIClient, ticket: Ticket, count: Any
) -> None:
    error_of(put(api, ticket, count), 400, "invalid")

    assert not SeenTicket.objects.exists()


def test_an_unknown_ticket_cannot_be_seen(api: APIClient) -> None:
    error_of(put(api, Ticket(pk=987_654), 1), 404, "not_found")


def test_a_list_asks_once_what_is_unread(api: APIClient, ticket: Ticket) -> None:
    with CaptureQueriesContext(connection) as one:
        unread(api)
    for _ in range(5):
        MessageFactory.create()

    with CaptureQueriesContext(connection) as many:
        assert unread(api) == [True] * 6

    assert len(many) == len(one)


def test_a_page_that_was_read_before_another_one_forgets_nothing(
    operator: Operator, ticket: Ticket
) -> None:
    earlier = Ticket.objects.get(pk=ticket.pk)
    MessageFactory.create(ticket=ticket)
    mark_seen(Ticket.objects.get(pk=ticket.pk), operator)

    mark_seen(earlier, operator)

    assert SeenTicket.objects.get().message_count == earlier.message_count + 1
