"""`POST /requests/user_requests/{request_id}/assign/`."""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import OperatorFactory, TicketFactory
from tests.responses import error_of
from tests.tickets.requests import assign, take
from tickets.models import HistoryEntry, Ticket
from tickets.signals import ticket_assigned


def steps(ticket: Ticket) -> list[Any]:
    fields = ("event", "operator", "status_before", "status_after", "details", "version")
    return list(ticket.history.values_list(*fields))


@pytest.fixture
def told() -> Iterator[list[Operator | None]]:
    """The holders who are told of a hand-over."""
    holders: list[Operator | None] = []

    def receive(entries: list[HistoryEntry], **kwargs: Any) -> None:
        holders.extend(entry.ticket.operator for entry in entries)

    ticket_assigned.connect(receive)
    yield holders
    ticket_assigned.disconnect(receive)


def test_a_new_ticket_is_given_to_a_colleague(
    api: APIClient, operator: Operator, told: list[Operator]
) -> None:
    ticket, colleague = TicketFactory.create(), OperatorFactory.create()

    answer = assign(api, ticket, colleague.pk)

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["status"], shown["operator"], shown["version"]) == (
        "in_progress", colleague.pk, 2,
    )  # fmt: skip
    assert answer.headers["ETag"] == '"2"'
    details = {"before": None, "after": colleague.pk}
    assert steps(ticket) == [("assigned", operator.pk, "new", "in_progress", details, 2)]
    notice = OutboundEmail.objects.get(kind="in_progress")
    assert notice.recipient == ticket.requester.email
    assert told == [colleague]


def test_any_operator_hands_over_what_another_holds(
    api: APIClient, operator: Operator, told: list[Operator]
) -> None:
    holder, next_holder = OperatorFactory.create_batch(2)
    ticket = TicketFactory.create(taken=True, operator=holder)

    answer = assign(api, ticket, next_holder.pk)

    assert (answer.status_code, answer.json()["operator"]) == (200, next_holder.pk)
    details = {"before": holder.pk, "after": next_holder.pk}
    assert steps(ticket) == [("assigned", operator.pk, "in_progress", "in_progress", details, 2)]
    assert not OutboundEmail.objects.filter(kind="in_progress").exists()
    assert told == [next_holder]


def test_nobody_is_told_of_what_they_gave_themselves(
    api: APIClient, operator: Operator, told: list[Operator]
) -> None:
    ticket = TicketFactory.create(taken=True)

    answer = assign(api, ticket, operator.pk)

    assert (answer.status_code, answer.json()["operator"]) == (200, operator.pk)
    assert told == []


def test_to_the_holder_it_changes_nothing(
    api: APIClient, operator: Operator, told: list[Operator]
) -> None:
    ticket = TicketFactory.create(taken=True)
    before = Ticket.objects.values().get(pk=ticket.pk)

    answer = assign(api, ticket, ticket.operator_id)

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert Ticket.objects.values().get(pk=ticket.pk) == before
    assert (steps(ticket), told) == ([], [])


def test_null_gives_a_ticket_back(api: APIClient, operator: Operator, told: list[Operator]) -> None:
    ticket = TicketFactory.create(taken=True, operator=operator)

    answer = assign(api, ticket, None)
    again = assign(api, ticket, None)

    shown = answer.json()
    assert (shown["status"], shown["operator"], shown["version"]) == ("new", None, 2)
    details = {"before": operator.pk, "after": None}
    assert steps(ticket) == [("assigned", operator.pk, "in_progress", "new", details, 2)]
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert (told, OutboundEmail.objects.count()) == ([], 0)


@pytest.mark.parametrize("how", ["take", "assign"])
def test_the_requester_is_told_taken_once_however_often_the_ticket_changes_hands(
    api: APIClient, operator: Operator, how: str
) -> None:
    ticket, colleague = TicketFactory.create(), OperatorFactory.create()

    def get_it() -> Any:
        if how == "assign":
            return assign(api, ticket, colleague.pk)
        return take(api, operator, ticket)

    answers = [get_it(), assign(api, ticket, None), get_it(), assign(api, ticket, None)]
    answers.append(assign(api, ticket, operator.pk))

    assert [answer.status_code for answer in answers] == [200] * 5
    assert OutboundEmail.objects.get().kind == "in_progress"


def test_whose_turn_it_is_stays(api: APIClient) -> None:
    ticket = TicketFactory.create(taken=True, waiting_on="requester")

    assign(api, ticket, None)

    before = (ticket.waiting_on, ticket.waiting_since)
    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.waiting_since) == before


def test_a_closed_ticket_cannot_be_handed_over(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create(closed=True)

    for to in (operator.pk, ticket.operator_id, None):
        error = error_of(assign(api, ticket, to), 409, "not_allowed_in_this_status")
        assert error["message"] == (
            "The ticket is closed; “assigned” needs one that is new, in progress."
        )
    assert steps(ticket) == []


def test_an_unknown_or_deactivated_operator_is_400(api: APIClient) -> None:
    ticket, gone = TicketFactory.create(), OperatorFactory.create(is_active=False)

    for operator_id in (gone.pk, 999_999):
        error = error_of(assign(api, ticket, operator_id), 400, "invalid")
        assert error["fields"] == {"operator_id": ["There is no active operator with this id."]}
    assert steps(ticket) == []


@pytest.mark.parametrize("operator_id", [0, -1, 2**31, 10**40, "me", True, [], {}, 1.5])
def test_a_malformed_operator_id_is_400(api: APIClient, operator_id: Any) -> None:
    ticket = TicketFactory.create()

    error = error_of(assign(api, ticket, operator_id), 400, "invalid")

    assert list(error["fields"]) == ["operator_id"]


def test_without_an_operator_id_it_is_400(api: APIClient) -> None:
    url = f"/requests/user_requests/{TicketFactory.create().pk}/assign/"

    bodies: list[Any] = [{}, [], "x"]
    for body in bodies:
        error_of(api.post(url, body, format="json"), 400, "invalid")


@pytest.mark.parametrize("request_id", [0, 999_999, 2**63, 10**40])
def test_an_unknown_ticket_is_404_before_the_body_is_read(api: APIClient, request_id: int) -> None:
    answer = api.post(f"/requests/user_requests/{request_id}/assign/", {}, format="json")

    error_of(answer, 404, "not_found")
