"""Answers that are taken back, or sent at once; and those that closing and merging leave."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.conftest import client_of
from tests.factories import MessageFactory, OperatorFactory, ParticipantFactory, TicketFactory
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer
from tests.tickets.requests import close, post_reply, reopen
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(operator: Operator) -> Ticket:
    """A ticket of the operator with a message of its requester."""
    ticket = TicketFactory.create(taken=True, operator=operator, requester__email="ivan@x.example")
    MessageFactory.create(ticket=ticket, origin={"kind": "person"})
    return ticket


def act(client: APIClient, ticket: Ticket, message_id: int, action: str) -> Any:
    return client.post(f"/mgs/requests/{ticket.pk}/mgs/{message_id}/{action}/")


def history(ticket: Ticket) -> list[tuple[str, object, int | None]]:
    rows = HistoryEntry.objects.filter(ticket=ticket).order_by("pk")
    return list(rows.values_list("event", "details", "version"))


def test_an_answer_is_withdrawn_and_stays_in_the_ticket(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")
    Ticket.objects.update(waiting_since=Message.objects.get().created_at)
    sent = post_reply(api, operator, ticket).json()
    colleague = OperatorFactory.create()

    answer = act(client_of(colleague), ticket, sent["id"], "withdraw")

    assert answer.status_code == 200, answer.content
    assert (answer.json()["id"], answer.json()["delivery"]["state"]) == (sent["id"], "withdrawn")
    assert [row["state"] for row in answer.json()["deliveries"]] == ["withdrawn"] * 2
    assert answer.json()["delivery"]["reason"] == f"withdrawn by operator {colleague.pk}"
    assert send_due_mail() == 0
    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.version) == ("operator", 3)
    assert ticket.waiting_since == Message.objects.get(number=1).created_at
    assert history(ticket)[-1] == (
        "reply_withdrawn",
        {"before": "queued", "after": "withdrawn"},
        3,
    )
    entry = HistoryEntry.objects.latest("pk")
    assert (entry.operator, entry.message_id) == (colleague, sent["id"])


def test_an_answer_that_has_left_or_was_withdrawn_is_not_withdrawn(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    left = post_reply(api, operator, ticket).json()["id"]
    send_due_mail()
    taken_back = post_reply(api, operator, ticket).json()["id"]
    assert act(api, ticket, taken_back, "withdraw").status_code == 200
    theirs = Message.objects.get(number=1).pk
    version = Ticket.objects.get().version

    codes = [act(api, ticket, pk, "withdraw").status_code for pk in (left, taken_back, theirs)]

    assert codes == [409, 409, 409]
    assert act(api, ticket, 999_999, "withdraw").status_code == 404
    assert act(api, TicketFactory.create(), left, "withdraw").status_code == 404
    assert Ticket.objects.get(pk=ticket.pk).version == version


def test_what_has_not_left_of_an_answer_is_withdrawn(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")
    smtp.answer("RCPT", "250 2.1.5 OK", "451 4.7.1 Later")
    sent = post_reply(api, operator, ticket).json()
    send_due_mail()

    answer = act(api, ticket, sent["id"], "withdraw")

    assert answer.status_code == 200, answer.content
    assert [row["state"] for row in answer.json()["deliveries"]] == ["sent", "withdrawn"]
    assert Ticket.objects.get().waiting_on == "requester"


def test_the_turn_goes_back_to_the_first_message_that_is_unanswered_then(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    first = post_reply(api, operator, ticket).json()["id"]
    second = post_reply(api, operator, ticket).json()["id"]
    MessageFactory.create(ticket=Ticket.objects.get(), is_quiet=True)

    act(api, ticket, first, "withdraw")
    ticket.refresh_from_db()
    latest = Message.objects.get(pk=second)
    assert (ticket.waiting_on, ticket.waiting_since) == ("requester", latest.created_at)

    act(api, ticket, second, "withdraw")
    ticket.refresh_from_db()
    asked = Message.objects.get(number=1)
    assert (ticket.waiting_on, ticket.waiting_since) == ("operator", asked.created_at)


def test_the_turn_goes_back_to_the_reopening(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    post_reply(api, operator, ticket)
    close(api, operator, ticket)
    api.post(f"/requests/user_requests/{ticket.pk}/reopen/")
    ticket.refresh_from_db()
    reopened = (ticket.waiting_on, ticket.waiting_since)
    again = post_reply(api, operator, ticket).json()["id"]

    act(api, ticket, again, "withdraw")

    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.waiting_since) == reopened


def test_the_turn_goes_back_to_the_reopening_of_a_ticket_that_was_closed_unanswered(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    close(api, operator, ticket)
    reopen(api, ticket)
    ticket.refresh_from_db()
    reopened = (ticket.waiting_on, ticket.waiting_since)
    sent = post_reply(api, operator, ticket).json()["id"]

    act(api, ticket, sent, "withdraw")

    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.waiting_since) == reopened


def test_a_withdrawn_answer_of_a_closed_ticket_changes_no_turn(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    sent = post_reply(api, operator, ticket, close=True).json()["id"]

    assert act(api, ticket, sent, "withdraw").status_code == 200

    ticket.refresh_from_db()
    assert (ticket.status, ticket.waiting_on) == ("closed", None)


def test_an_answer_withdrawn_while_its_ticket_is_merged_gives_the_turn_back_on_unmerging(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    at = (timezone.now() + timedelta(days=1)).isoformat()
    sent = post_reply(api, operator, ticket, send_at=at).json()["id"]
    url = f"/requests/user_requests/{ticket.pk}"
    api.post(f"{url}/merge/", {"into": TicketFactory.create().pk}, format="json")
    act(api, ticket, sent, "withdraw")

    assert api.post(f"{url}/unmerge/").status_code == 200

    ticket.refresh_from_db()
    asked = Message.objects.get(number=1)
    assert (ticket.waiting_on, ticket.waiting_since) == ("operator", asked.created_at)


def test_a_scheduled_answer_is_sent_now(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    at = (timezone.now() + timedelta(days=1)).isoformat()
    sent = post_reply(api, operator, ticket, send_at=at).json()["id"]

    answer = act(api, ticket, sent, "send")

    assert answer.status_code == 200, answer.content
    assert answer.json()["delivery"]["send_at"] is None
    assert send_due_mail() == 1
    assert history(ticket)[-1] == ("reply_released", {"before": "queued", "after": "queued"}, 3)
    assert act(api, ticket, sent, "send").status_code == 409
    assert act(api, ticket, Message.objects.get(number=1).pk, "send").status_code == 409


def test_closing_leaves_answers_that_wait_and_lists_them(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    post_reply(api, operator, ticket)
    waiting = post_reply(api, operator, ticket, send_at=at).json()["id"]
    withdrawn = post_reply(api, operator, ticket, send_at=at).json()["id"]
    act(api, ticket, withdrawn, "withdraw")

    answer = close(api, operator, ticket)

    assert (answer.status_code, answer.json()["pending_replies"]) == (200, [waiting])
    assert act(api, ticket, waiting, "send").status_code == 200
    send_due_mail()
    assert Message.objects.get(pk=waiting).delivery["state"] == "sent"  # type: ignore[index]


def test_merging_lists_the_answers_that_wait(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    at = (timezone.now() + timedelta(hours=1)).isoformat()
    waiting = post_reply(api, operator, ticket, send_at=at).json()["id"]
    target = TicketFactory.create()
    url = f"/requests/user_requests/{ticket.pk}/merge/"

    answer = api.post(url, {"into": target.pk}, format="json")

    assert (answer.status_code, answer.json()["pending_replies"]) == (200, [waiting])
    assert list(OutboundEmail.objects.values_list("recipient", "state")) == [
        ("ivan@x.example", "queued")
    ]
