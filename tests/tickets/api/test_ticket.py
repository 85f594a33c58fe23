"""`GET, PATCH /requests/user_requests/{request_id}/`: one ticket with its history."""

from datetime import datetime

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from operators.models import Operator
from tests import requester_mail
from tests.factories import RequesterFactory, TicketFactory
from tests.responses import error_of
from tests.tickets.requests import post_reply
from tickets import services
from tickets.models import Requester, Ticket

URL = "/requests/user_requests/"
UNKNOWN_IDS = [0, 999_999, 2**31, 2**63 - 1, 2**63, 10**40]
MALFORMED_IDS = ["-1", "abc", "1.5", "%00", "1%00", "%D9%A3", "%ff", "1'", "9" * 5000]


def open_ticket(requester: Requester) -> Ticket:
    message = requester_mail.open_ticket(
        requester=requester,
        title="Принтер",
        text="Не печатает.",
        written_at=datetime.fromisoformat("2026-11-23T08:59:00+00:00"),
    )
    return message.ticket


@pytest.fixture
def closed_ticket(
    api: APIClient, operator: Operator, supervisor_api: APIClient, supervisor: Operator
) -> Ticket:
    """A ticket that was opened, taken, answered, written to and closed, a minute apart."""
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False) as clock:
        ticket = open_ticket(RequesterFactory.create(email="ivan@example.com"))
        clock.move_to("2026-11-23T09:01:00Z")
        api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/progress/")
        clock.move_to("2026-11-23T09:02:00Z")
        post_reply(supervisor_api, supervisor, ticket)
        clock.move_to("2026-11-23T09:03:00Z")
        ticket.refresh_from_db()
        requester_mail.add_message(
            ticket=ticket, title="Re: Принтер", text="Спасибо!", written_at=ticket.created_at
        )
        clock.move_to("2026-11-23T09:04:00Z")
        supervisor_api.post(f"/ops/{supervisor.pk}/requests/{ticket.pk}/close/")
    return ticket


def test_the_history_shows_every_event_with_time_actor_and_statuses(
    api: APIClient, operator: Operator, supervisor: Operator, closed_ticket: Ticket
) -> None:
    answer = api.get(f"{URL}{closed_ticket.pk}/")

    assert answer.status_code == 200
    messages = api.get(f"/mgs/requests/{closed_ticket.pk}/mgs/").json()["results"]
    fields = (
        *("date_create", "event", "actor_type", "actor_id"),
        *("status_before", "status_after", "message"),
    )
    history = [tuple(entry[field] for field in fields) for entry in answer.json()["history"]]
    assert history == [
        ("2026-11-23T09:00:00Z", "opened", "user", "ivan@example.com", None, "new",
         messages[0]["id"]),
        ("2026-11-23T09:01:00Z", "taken", "operator", operator.pk, "new", "in_progress", None),
        ("2026-11-23T09:02:00Z", "operator_replied", "operator", supervisor.pk, "in_progress",
         "in_progress", messages[1]["id"]),
        ("2026-11-23T09:03:00Z", "requester_wrote", "user", "ivan@example.com", "in_progress",
         "in_progress", messages[2]["id"]),
        ("2026-11-23T09:04:00Z", "closed", "operator", supervisor.pk, "in_progress", "closed",
         None),
    ]  # fmt: skip


def test_a_ticket_shows_what_became_of_it(
    api: APIClient, operator: Operator, closed_ticket: Ticket
) -> None:
    shown = api.get(f"{URL}{closed_ticket.pk}/").json()

    assert (shown["status"], shown["operator"]) == ("closed", operator.pk)
    assert shown["date_create"] == "2026-11-23T09:00:00Z"
    assert shown["date_update"] == "2026-11-23T09:04:00Z"
    assert (shown["title"], shown["description"]) == ("Принтер", "Не печатает.")
    assert shown["message_count"] == 3


def test_a_ticket_takes_six_queries_however_long_its_history(
    api: APIClient, operator: Operator, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ticket = open_ticket(RequesterFactory.create())
    for _ in range(10):
        services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Re")

    # The token, its operator's other tokens, the ticket, its participants, merges and history.
    with django_assert_num_queries(6):
        answer = api.get(f"{URL}{ticket.pk}/")

    assert len(answer.json()["history"]) == 11


@pytest.mark.parametrize("request_id", UNKNOWN_IDS)
def test_an_unknown_id_is_404_everywhere(
    api: APIClient, operator: Operator, request_id: int
) -> None:
    reply = {"title": "Re", "description": "x", "recipient_mail": "a@b.co"}

    answers = [
        api.get(f"{URL}{request_id}/"),
        api.patch(f"{URL}{request_id}/", {"needs_attention": False}, format="json"),
        api.get(f"/mgs/requests/{request_id}/mgs/"),
        api.post(
            f"/mgs/requests/{request_id}/mgs/create",
            {**reply, "operator_id": operator.pk},
            format="json",
        ),
        api.post(f"/ops/{operator.pk}/requests/{request_id}/progress/"),
        api.post(f"/ops/{operator.pk}/requests/{request_id}/close/"),
    ]

    for answer in answers:
        error_of(answer, 404, "not_found")


@pytest.mark.parametrize("request_id", MALFORMED_IDS)
def test_a_malformed_id_is_404(api: APIClient, operator: Operator, request_id: str) -> None:
    error_of(api.get(f"{URL}{request_id}/"), 404, "not_found")
    error_of(api.get(f"/mgs/requests/{request_id}/mgs/"), 404, "not_found")
    error_of(api.post(f"/ops/{operator.pk}/requests/{request_id}/close/"), 404, "not_found")


def test_a_404_is_in_the_callers_language(api: APIClient) -> None:
    english = api.get(f"{URL}999999/", HTTP_ACCEPT_LANGUAGE="en")
    russian = api.get(f"{URL}999999/", HTTP_ACCEPT_LANGUAGE="ru")

    assert error_of(english, 404, "not_found")["message"] == "Not found."
    assert error_of(russian, 404, "not_found")["message"] == "Страница не найдена."


def test_what_a_ticket_is_cannot_be_changed(api: APIClient) -> None:
    ticket = TicketFactory.create()
    body = {"needs_attention": True, "status": "closed", "title": "x", "operator": 1}

    api.patch(f"{URL}{ticket.pk}/", body, format="json")
    put = api.put(f"{URL}{ticket.pk}/", body, format="json")
    delete = api.delete(f"{URL}{ticket.pk}/")

    error_of(put, 405, "method_not_allowed")
    error_of(delete, 405, "method_not_allowed")
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.status, after.title, after.operator) == ("new", ticket.title, None)
