"""`POST /ops/{operator_id}/requests/{request_id}/progress/` and `…/close/`."""

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import OperatorFactory, TicketFactory
from tests.responses import error_of
from tickets.models import HistoryEntry, Status, Ticket


def take(client: APIClient, operator_id: int, ticket_id: int) -> object:
    return client.post(
        f"/ops/{operator_id}/requests/{ticket_id}/progress/", HTTP_ACCEPT_LANGUAGE="en"
    )


def close(client: APIClient, operator_id: int, ticket_id: int) -> object:
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
    step = HistoryEntry.objects.get()
    assert (step.event, step.operator, step.status_before, step.status_after) == (
        "taken", operator, "new", "in_progress",
    )  # fmt: skip
    notice = OutboundEmail.objects.get()
    assert (notice.kind, notice.recipient, notice.history_entry) == (
        "in_progress", ticket.requester.email, step,
    )  # fmt: skip


def test_a_ticket_in_progress_is_closed(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create(taken=True, operator=operator)

    answer = api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/close/")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["operator"]) == ("closed", operator.pk)
    step = HistoryEntry.objects.get()
    assert (step.event, step.operator, step.status_before, step.status_after) == (
        "closed", operator, "in_progress", "closed",
    )  # fmt: skip
    notice = OutboundEmail.objects.get()
    assert (notice.kind, notice.recipient) == ("closed", ticket.requester.email)


def test_any_operator_closes_and_the_holder_stays(api: APIClient, operator: Operator) -> None:
    holder = OperatorFactory.create()
    ticket = TicketFactory.create(taken=True, operator=holder)

    answer = api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/close/")

    assert (answer.status_code, answer.json()["operator"]) == (200, holder.pk)
    assert HistoryEntry.objects.get().operator == operator


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ("in_progress", "The ticket is in_progress; “taken” needs one that is new."),
        ("closed", "The ticket is closed; “taken” needs one that is new."),
    ],
)
def test_only_a_new_ticket_is_taken(
    api: APIClient, operator: Operator, status: str, message: str
) -> None:
    ticket = TicketFactory.create(status=Status(status), operator=operator)

    answer = take(api, operator.pk, ticket.pk)

    assert error_of(answer, 409, "not_allowed_in_this_status")["message"] == message
    assert_unchanged(ticket)


@pytest.mark.parametrize("status", ["new", "closed"])
def test_only_a_ticket_in_progress_is_closed(
    api: APIClient, operator: Operator, status: str
) -> None:
    ticket = TicketFactory.create(
        status=Status(status), operator=None if status == "new" else operator
    )

    answer = close(api, operator.pk, ticket.pk)

    error = error_of(answer, 409, "not_allowed_in_this_status")
    assert error["message"] == (f"The ticket is {status}; “closed” needs one that is in_progress.")
    assert_unchanged(ticket)


@pytest.mark.parametrize("act", [take, close])
@pytest.mark.parametrize("operator_id", [0, 999_999, 2**31, 2**63, 10**40])
def test_an_id_that_is_not_the_callers_is_403_even_for_an_unknown_ticket(
    api: APIClient, act: object, operator_id: int
) -> None:
    ticket = TicketFactory.create()

    for ticket_id in (ticket.pk, 999_999):
        error_of(act(api, operator_id, ticket_id), 403, "permission_denied")  # type: ignore[operator]
    assert_unchanged(ticket)


@pytest.mark.parametrize("act", [take, close])
def test_a_supervisor_too_acts_only_as_itself(
    supervisor_api: APIClient, operator: Operator, act: object
) -> None:
    ticket = TicketFactory.create()

    error_of(act(supervisor_api, operator.pk, ticket.pk), 403, "permission_denied")  # type: ignore[operator]
    assert_unchanged(ticket)


@pytest.mark.parametrize("path", ["progress", "close"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_move_is_posted_and_nothing_else(
    api: APIClient, operator: Operator, path: str, method: str
) -> None:
    ticket = TicketFactory.create()

    answer = api.generic(method, f"/ops/{operator.pk}/requests/{ticket.pk}/{path}/")

    error_of(answer, 405, "method_not_allowed")
    assert_unchanged(ticket)


def test_a_body_is_not_asked_for_and_not_read(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create()

    answer = api.post(
        f"/ops/{operator.pk}/requests/{ticket.pk}/progress/",
        "{not json",
        content_type="application/json",
    )

    assert answer.status_code == 200
