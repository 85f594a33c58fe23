"""`POST /ops/{operator_id}/requests/{request_id}/progress/` and `…/close/`."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import OperatorFactory, TicketFactory
from tests.responses import error_of
from tickets.models import HistoryEntry, Status, Ticket

Move = Callable[[APIClient, int, int], Any]


def take(client: APIClient, operator_id: int, ticket_id: int) -> Any:
    return client.post(
        f"/ops/{operator_id}/requests/{ticket_id}/progress/", HTTP_ACCEPT_LANGUAGE="en"
    )


def close(client: APIClient, operator_id: int, ticket_id: int) -> Any:
    return client.post(f"/ops/{operator_id}/requests/{ticket_id}/close/", HTTP_ACCEPT_LANGUAGE="en")


def assert_unchanged(ticket: Ticket) -> None:
    before = (ticket.status, ticket.operator_id, ticket.updated_at)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator_id, ticket.updated_at) == before
    assert not HistoryEntry.objects.exists()
    assert not OutboundEmail.objects.exists()


def test_a_new_ticket_is_taken(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create()

    answer = api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/progress/")

    assert answer.status_code == 200
    shown = api.get(f"/requests/user_requests/{ticket.pk}/").json()
    shown.pop("history")
    assert answer.json() == shown
    assert (shown["status"], shown["operator"]) == ("in_progress", operator.pk)
    before = ticket.updated_at
    ticket.refresh_from_db()
    assert ticket.updated_at > before
    entry = HistoryEntry.objects.get()
    assert (entry.event, entry.operator, entry.status_before, entry.status_after) == (
        "taken", operator, "new", "in_progress",
    )  # fmt: skip
    notice = OutboundEmail.objects.get()
    assert (notice.kind, notice.recipient, notice.history_entry) == (
        "in_progress", ticket.requester.email, entry,
    )  # fmt: skip


def test_a_ticket_in_progress_is_closed(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create(taken=True, operator=operator)

    answer = api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/close/")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["operator"]) == ("closed", operator.pk)
    entry = HistoryEntry.objects.get()
    assert (entry.event, entry.operator, entry.status_before, entry.status_after) == (
        "closed", operator, "in_progress", "closed",
    )  # fmt: skip
    notice = OutboundEmail.objects.get()
    assert (notice.kind, notice.recipient) == ("closed", ticket.requester.email)


def test_any_operator_may_close_and_the_holder_stays(api: APIClient, operator: Operator) -> None:
    holder = OperatorFactory.create()
    ticket = TicketFactory.create(taken=True, operator=holder)

    answer = api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/close/")

    assert (answer.status_code, answer.json()["operator"]) == (200, holder.pk)
    assert HistoryEntry.objects.get().operator == operator


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("in_progress", "The ticket is in progress; “taken” needs one that is new."),
        ("closed", "The ticket is closed; “taken” needs one that is new."),
    ],
)
def test_only_a_new_ticket_can_be_taken(
    api: APIClient, operator: Operator, status: str, message: str
) -> None:
    ticket = TicketFactory.create(status=Status(status), operator=operator)

    answer = take(api, operator.pk, ticket.pk)

    assert error_of(answer, 409, "not_allowed_in_this_status")["message"] == message
    assert_unchanged(ticket)


@pytest.mark.parametrize("status", ["new", "closed"])
def test_only_a_ticket_in_progress_can_be_closed(
    api: APIClient, operator: Operator, status: str
) -> None:
    ticket = TicketFactory.create(
        status=Status(status), operator=None if status == "new" else operator
    )

    answer = close(api, operator.pk, ticket.pk)

    error = error_of(answer, 409, "not_allowed_in_this_status")
    assert error["message"] == (f"The ticket is {status}; “closed” needs one that is in progress.")
    assert_unchanged(ticket)


@pytest.mark.parametrize("move", [take, close])
@pytest.mark.parametrize("operator_id", [0, 999_999, 2**31, 2**63, 10**40])
def test_another_operators_id_is_403_even_for_an_unknown_ticket(
    api: APIClient, move: Move, operator_id: int
) -> None:
    ticket = TicketFactory.create()

    for ticket_id in (ticket.pk, 999_999):
        error_of(move(api, operator_id, ticket_id), 403, "permission_denied")
    assert_unchanged(ticket)


@pytest.mark.parametrize("move", [take, close])
def test_a_supervisor_cannot_act_in_an_operators_name(
    supervisor_api: APIClient, operator: Operator, move: Move
) -> None:
    ticket = TicketFactory.create()

    error_of(move(supervisor_api, operator.pk, ticket.pk), 403, "permission_denied")
    assert_unchanged(ticket)


@pytest.mark.parametrize("path", ["progress", "close"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_than_post_are_405(
    api: APIClient, operator: Operator, path: str, method: str
) -> None:
    ticket = TicketFactory.create()

    answer = api.generic(method, f"/ops/{operator.pk}/requests/{ticket.pk}/{path}/")

    error_of(answer, 405, "method_not_allowed")
    assert_unchanged(ticket)


def test_the_body_is_ignored(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create()

    answer = api.post(
        f"/ops/{operator.pk}/requests/{ticket.pk}/progress/",
        "{not json",
        content_type="application/json",
    )

    assert answer.status_code == 200
