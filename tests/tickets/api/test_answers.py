"""Answers with copies, that leave later, and that take or close their ticket."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.conftest import client_of
from tests.factories import MessageFactory, OperatorFactory, ParticipantFactory, TicketFactory
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer
from tests.tickets.requests import close, post_reply
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def ticket(operator: Operator) -> Ticket:
    """A ticket of the operator with a message of its requester."""
    ticket = TicketFactory.create(taken=True, operator=operator, requester__email="ivan@x.example")
    MessageFactory.create(ticket=ticket, origin={"kind": "person"})
    return ticket


def recipients(**which: Any) -> list[tuple[str, str]]:
    rows = OutboundEmail.objects.filter(kind="reply", **which).order_by("pk")
    return list(rows.values_list("recipient", "state"))


def history(ticket: Ticket) -> list[tuple[str, object, int | None]]:
    rows = HistoryEntry.objects.filter(ticket=ticket).order_by("pk")
    return list(rows.values_list("event", "details", "version"))


def test_all_participants_get_a_copy_under_one_message_id(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")
    ParticipantFactory.create(ticket=ticket, email="gone@x.example", is_removed=True)
    ParticipantFactory.create(ticket=ticket, email="пётр@x.example")

    answer = post_reply(api, operator, ticket)

    send_due_mail()
    assert answer.status_code == 201, answer.content
    assert [mail.recipient for mail in smtp.received] == [
        "ivan@x.example",
        "petr@x.example",
        "пётр@x.example",
    ]
    assert len({mail.content for mail in smtp.received}) == 1
    header = smtp.received[0].content.partition(b"\r\n\r\n")[0].decode()
    assert "\r\nTo: ivan@x.example\r\nCc: petr@x.example\r\n" in header
    assert OutboundEmail.objects.values("message_id_header").distinct().count() == 1


def test_each_delivery_is_shown_with_its_recipient(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")
    smtp.answer("RCPT", "250 2.1.5 OK", "550 5.1.1 No such user")
    sent = post_reply(api, operator, ticket).json()
    assert [row["recipient"] for row in sent["deliveries"]] == ["ivan@x.example", "petr@x.example"]

    send_due_mail()

    (shown,) = api.get(f"/mgs/requests/{ticket.pk}/mgs/?page_size=9").json()["results"][1:]
    assert [(row["recipient"], row["state"]) for row in shown["deliveries"]] == [
        ("ivan@x.example", "sent"),
        ("petr@x.example", "failed"),
    ]
    delivery = dict(shown["deliveries"][0])
    assert delivery.pop("recipient") == "ivan@x.example"
    assert shown["delivery"] == delivery


def test_a_requesters_message_has_no_deliveries(api: APIClient, ticket: Ticket) -> None:
    (shown,) = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"]

    assert (shown["delivery"], shown["deliveries"]) == (None, [])


@pytest.mark.parametrize(
    ("cc", "expected"),
    [
        ([], []),
        (["PETR@X.example"], ["petr@x.example"]),
        (["petr@x.example", "petr@x.example"], ["petr@x.example"]),
    ],
)
def test_cc_chooses_among_the_participants(
    api: APIClient, operator: Operator, ticket: Ticket, cc: list[str], expected: list[str]
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")
    ParticipantFactory.create(ticket=ticket, email="anna@x.example")

    assert post_reply(api, operator, ticket, cc=cc).status_code == 201

    assert [address for address, _state in recipients()] == ["ivan@x.example", *expected]


@pytest.mark.parametrize("address", ["nobody@x.example", "gone@x.example", "ivan@x.example", "?"])
def test_an_address_of_no_participant_is_refused(
    api: APIClient, operator: Operator, ticket: Ticket, address: str
) -> None:
    ParticipantFactory.create(ticket=ticket, email="gone@x.example", is_removed=True)

    answer = post_reply(api, operator, ticket, cc=[address])

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["cc"])
    assert address in answer.json()["error"]["fields"]["cc"][0]
    assert OutboundEmail.objects.count() == 0


def test_a_scheduled_answer_leaves_at_its_time(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@x.example")
    with time_machine.travel(NINE, tick=False) as clock:
        at = NINE + timedelta(seconds=10)
        sent = post_reply(api, operator, ticket, send_at=at.isoformat()).json()
        send_due_mail()
        clock.shift(9.9)
        send_due_mail()
        assert smtp.received == []
        clock.shift(0.1)

        assert send_due_mail() == 2

    assert sent["delivery"]["state"] == "queued"
    assert sent["delivery"]["send_at"] == "2026-11-23T09:00:10Z"
    assert sent["delivery"]["next_attempt_at"] == "2026-11-23T09:00:10Z"
    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.version) == ("requester", 2)


def test_a_scheduled_answer_is_in_no_other_mails_way(
    api: APIClient, operator: Operator, ticket: Ticket, smtp: SmtpServer
) -> None:
    later = timezone.now() + timedelta(days=30, seconds=-5)
    post_reply(api, operator, ticket, title="Later", send_at=later.isoformat())
    post_reply(api, operator, ticket, title="Now")

    assert close(api, operator, ticket).status_code == 200

    assert send_due_mail() == 2
    assert b"Subject: Now" in smtp.received[0].content
    assert recipients(state="queued") == [("ivan@x.example", "queued")]


@pytest.mark.parametrize(
    ("send_at", "words"),
    [
        (NINE - timedelta(seconds=1), "future"),
        (NINE, "future"),
        (NINE + timedelta(days=30, seconds=1), "30 days"),
        ("2026-11-24T09:00:00", "offset"),
        ("tomorrow", "format"),
    ],
)
def test_an_answer_cannot_leave_in_the_past_or_too_late(
    api: APIClient, operator: Operator, ticket: Ticket, send_at: Any, words: str
) -> None:
    at = send_at if isinstance(send_at, str) else send_at.isoformat()
    with time_machine.travel(NINE, tick=False):
        answer = post_reply(api, operator, ticket, send_at=at)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["send_at"])
    assert Message.objects.filter(sender_type="operator").count() == 0


def test_take_and_close_are_one_change_with_the_answer(
    operator: Operator, api: APIClient, smtp: SmtpServer
) -> None:
    ticket = MessageFactory.create(origin={"kind": "person"}).ticket

    answer = post_reply(api, operator, ticket, take=True, close=True)

    assert answer.status_code == 201, answer.content
    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator, ticket.version) == ("closed", operator, 2)
    assert (ticket.waiting_on, ticket.message_count) == (None, 2)
    assert history(ticket) == [
        ("taken", {"before": None, "after": operator.pk}, 2),
        ("operator_replied", None, 2),
        ("closed", None, 2),
    ]
    send_due_mail()
    kinds = OutboundEmail.objects.order_by("sent_at").values_list("kind", flat=True)
    assert list(kinds) == ["reply", "in_progress", "closed"]


def test_take_of_an_own_ticket_is_nothing(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    assert post_reply(api, operator, ticket, take=True).status_code == 201

    assert [event for event, _details, _version in history(ticket)] == ["operator_replied"]
    assert OutboundEmail.objects.filter(kind="in_progress").count() == 0


@pytest.mark.parametrize("fields", [{"take": True}, {"take": True, "close": True}])
def test_another_operators_ticket_is_not_taken_with_an_answer(
    ticket: Ticket, fields: dict[str, Any]
) -> None:
    other = OperatorFactory.create()

    assert post_reply(client_of(other), other, ticket, **fields).status_code == 409

    assert Message.objects.filter(sender_type="operator").count() == 0
    assert OutboundEmail.objects.count() == 0


def test_a_new_ticket_is_not_closed_with_an_answer_that_does_not_take_it(
    api: APIClient, operator: Operator
) -> None:
    ticket = TicketFactory.create()

    assert post_reply(api, operator, ticket, close=True).status_code == 409

    assert Message.objects.count() == 0


def test_a_ticket_is_not_closed_with_a_scheduled_answer(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    at = (timezone.now() + timedelta(hours=1)).isoformat()

    answer = post_reply(api, operator, ticket, close=True, send_at=at)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["close"])
