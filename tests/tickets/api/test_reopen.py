"""`POST /requests/user_requests/{request_id}/reopen/`."""

import pytest
import time_machine
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import TicketFactory
from tests.responses import error_of
from tests.tickets.requests import close, reopen


def test_a_closed_ticket_is_in_progress_of_the_caller_again(
    api: APIClient, operator: Operator
) -> None:
    ticket = TicketFactory.create(closed=True)

    with time_machine.travel("2026-11-23T09:00:00Z", tick=False):
        answer = reopen(api, ticket)

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["status"], shown["operator"], shown["version"]) == (
        "in_progress", operator.pk, 2,
    )  # fmt: skip
    assert answer.headers["ETag"] == '"2"'
    assert (shown["waiting_on"], shown["waiting_since"]) == ("operator", "2026-11-23T09:00:00Z")
    entry = ticket.history.get()
    assert (entry.event, entry.operator, entry.status_before, entry.status_after) == (
        "reopened", operator, "closed", "in_progress",
    )  # fmt: skip
    assert entry.details == {"before": ticket.operator_id, "after": operator.pk}
    assert not OutboundEmail.objects.exists()


def test_closing_again_mails_closed_again(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create(taken=True)

    answers = [
        close(api, operator, ticket), reopen(api, ticket), close(api, operator, ticket),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    events = list(ticket.history.values_list("event", flat=True))
    assert events == ["closed", "reopened", "closed"]
    kinds = list(OutboundEmail.objects.values_list("kind", flat=True))
    assert kinds == ["closed", "closed"]


def test_the_requesters_other_open_ticket_is_409(api: APIClient) -> None:
    ticket = TicketFactory.create(closed=True)
    other = TicketFactory.create(requester=ticket.requester)

    answer = reopen(api, ticket)

    error = error_of(answer, 409, "has_open_request", extra=["request_id"])
    assert error["request_id"] == other.pk
    ticket.refresh_from_db()
    assert (ticket.status, ticket.history.count()) == ("closed", 0)


def test_a_merged_ticket_is_409(api: APIClient) -> None:
    ticket = TicketFactory.create(closed=True, merged_into=TicketFactory.create())

    error_of(reopen(api, ticket), 409, "merged")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.history.count()) == ("closed", 0)


@pytest.mark.parametrize("taken", [False, True])
def test_an_open_ticket_is_409(api: APIClient, taken: bool) -> None:
    ticket = TicketFactory.create(taken=taken)

    error = error_of(reopen(api, ticket), 409, "not_allowed_in_this_status")

    status = "in progress" if taken else "new"
    assert error["message"] == f"The ticket is {status}; “reopened” needs one that is closed."


@pytest.mark.parametrize("request_id", [0, 999_999, 2**63, 10**40])
def test_an_unknown_ticket_is_404(api: APIClient, request_id: int) -> None:
    error_of(api.post(f"/requests/user_requests/{request_id}/reopen/"), 404, "not_found")
