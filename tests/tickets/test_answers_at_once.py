"""Answers that are taken back at the moment in which something else happens with them."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.concurrency import at_once
from tests.conftest import client_of
from tests.factories import MessageFactory, OperatorFactory, ParticipantFactory, TicketFactory
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer
from tests.tickets.requests import post_reply
from tickets.changes import lock_requesters_and_tickets
from tickets.models import HistoryEntry, Message

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROUNDS = 20


def answer(operator: Operator, **fields: Any) -> Message:
    ticket = MessageFactory.create(ticket__taken=True).ticket
    ParticipantFactory.create(ticket=ticket)
    answered = post_reply(client_of(operator), operator, ticket, **fields)
    return Message.objects.get(pk=answered.json()["id"])


def act(message: Message, operator: Operator, action: str) -> int:
    url = f"/mgs/requests/{message.ticket_id}/mgs/{message.pk}/{action}/"
    answered: HttpResponse = client_of(operator).post(url)
    return answered.status_code


def test_an_answer_is_withdrawn_while_mail_of_its_requester_is_processed() -> None:
    """The batch holds the requester, and would wait for the ticket: each would block the other."""
    operator = OperatorFactory.create()
    message = answer(operator)
    is_locked, is_withdrawn = Event(), Event()
    other = TicketFactory.create(requester=message.ticket.requester, closed=True)

    def process() -> int:
        with transaction.atomic():
            lock_requesters_and_tickets(ticket_ids=[other.pk])
            is_locked.set()
            is_withdrawn.wait(10)
            return len(lock_requesters_and_tickets(ticket_ids=[message.ticket_id]))

    def withdraw() -> int:
        assert is_locked.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        try:
            return act(message, operator, "withdraw")
        finally:
            is_withdrawn.set()

    assert at_once([process, withdraw]) == [1, 200]


def test_of_what_was_withdrawn_nothing_leaves(smtp: SmtpServer) -> None:
    operator = OperatorFactory.create()
    codes: Counter[int] = Counter()

    for _round in range(ROUNDS):
        message = answer(operator)
        smtp.received.clear()
        calls: list[Callable[[], int]] = [
            partial(act, message, operator, "withdraw"),
            send_due_mail,
            send_due_mail,
        ]
        codes[at_once(calls)[0]] += 1
        send_due_mail()
        rows = OutboundEmail.objects.filter(message=message)
        sent = {row.recipient for row in rows if row.state == "sent"}
        assert {row.recipient for row in rows if row.state == "withdrawn"} == {
            row.recipient for row in rows
        } - sent
        assert sorted(mail.recipient for mail in smtp.received) == sorted(sent)

    assert set(codes) <= {200, 409}


def test_of_a_withdrawal_and_a_sending_at_once_one_comes_first(smtp: SmtpServer) -> None:
    operator = OperatorFactory.create()

    for _round in range(ROUNDS):
        message = answer(operator, send_at=(timezone.now() + timedelta(hours=1)).isoformat())

        codes = at_once([partial(act, message, operator, what) for what in ("withdraw", "send")])

        # What was sent by hand waits for a worker, and can be withdrawn.
        assert codes in ([200, 200], [200, 409])
        assert {row.state for row in OutboundEmail.objects.filter(message=message)} == {"withdrawn"}
        events = HistoryEntry.objects.filter(message=message).order_by("pk")
        names = list(events.values_list("event", flat=True))
        assert names[-1] == "reply_withdrawn"
        assert names[1:-1] == ["reply_released"] * (codes == [200, 200])
    assert send_due_mail() == 0
