"""Answers that a mail of their requester crosses before they leave."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import attempts, queue
from operators.models import Operator
from tests.factories import ParticipantFactory
from tests.inbox import process_inbox, receive
from tests.mail import build_mail
from tests.mailing.inbound.bringing import bring
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import SmtpServer
from tests.webhook import post_mails
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(operator: Operator, smtp: SmtpServer) -> Ticket:
    """A ticket that the operator holds, whose notices are sent."""
    ticket = bring(build_mail(message_id="<first@x>"), "first").ticket
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    send_due_mail()
    smtp.received.clear()
    return ticket


def answer(ticket: Ticket, operator: Operator, **options: Any) -> Message:
    return services.reply(
        ticket_id=ticket.pk, by=operator, title="Re", text="Done.", hold_if_crossed=True, **options
    )


def states(message: Message) -> list[str]:
    rows = OutboundEmail.objects.filter(message=message).order_by("pk")
    return list(rows.values_list("state", flat=True))


def test_an_answer_leaves_at_once_when_nothing_waits(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    message = answer(ticket, operator)

    assert send_due_mail() == 1

    assert states(message) == ["sent"]


def test_an_answer_waits_while_a_mail_of_the_requester_does(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    message = answer(ticket, operator)
    post_mails(build_mail(), prefix="crossing")

    assert send_due_mail() == 0

    assert states(message) == ["queued"]


def test_an_answer_does_not_wait_for_the_mail_of_others(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    message = answer(ticket, operator)
    post_mails(build_mail("other@example.com"), prefix="other")

    assert send_due_mail() == 1

    assert states(message) == ["sent"]


def test_a_crossed_answer_is_held_with_all_its_copies(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@example.com")
    message = answer(ticket, operator)

    crossing = bring(build_mail(), "crossing")

    assert send_due_mail() == 0
    assert states(message) == ["held", "held"]
    message.refresh_from_db()
    assert message.delivery is not None
    assert (message.delivery["state"], message.delivery["held_by"]) == ("held", crossing.pk)
    assert message.copies["petr@example.com"]["held_by"] == crossing.pk
    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.version) == ("operator", 4)
    entry = HistoryEntry.objects.latest("pk")
    assert (entry.event, entry.is_system, entry.message) == ("reply_held", True, message)
    assert (entry.details, entry.version) == ({"before": None, "after": crossing.pk}, 4)


def test_the_holder_is_told_of_a_held_answer(ticket: Ticket, operator: Operator) -> None:
    operator.email = "anna@desk.example"
    operator.save()
    answer(ticket, operator)

    bring(build_mail(), "crossing")

    told = OutboundEmail.objects.filter(kind="operator_update", recipient="anna@desk.example")
    events = [event["what"] for row in told.order_by("pk") for event in row.events]
    assert events == ["message", "held"]


def test_mail_that_was_there_before_the_answer_holds_nothing(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    post_mails(build_mail(), prefix="before")
    message = answer(ticket, operator)
    assert send_due_mail() == 0

    process_inbox()

    assert send_due_mail() == 1
    assert states(message) == ["sent"]


def test_the_second_mail_crosses_when_the_first_was_there_before(
    ticket: Ticket, operator: Operator
) -> None:
    post_mails(build_mail(), prefix="before")
    message = answer(ticket, operator)
    post_mails(build_mail(), prefix="after")

    process_inbox()

    crossing = InboundEmail.objects.get(external_id="after1").message
    assert OutboundEmail.objects.get(message=message).held_by == crossing


@pytest.mark.parametrize(
    "fields",
    [
        {"auto_submitted": "auto-replied"},
        {"sender": "petr@example.com", "in_reply_to": "<first@x>"},
    ],
)
def test_neither_an_auto_reply_nor_a_participants_mail_crosses(
    ticket: Ticket, operator: Operator, smtp: SmtpServer, fields: dict[str, str]
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@example.com")
    message = answer(ticket, operator, cc=[])

    receive(build_mail(**fields), prefix="other")

    assert send_due_mail() >= 1
    assert states(message) == ["sent"]


def test_once_a_copy_was_begun_the_others_go_too(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@example.com")
    message = answer(ticket, operator)
    begin_next()
    post_mails(build_mail(), prefix="crossing")

    assert send_due_mail() == 1
    process_inbox()

    assert states(message) == ["sending", "sent"]
    assert HistoryEntry.objects.filter(event="reply_held").count() == 0


def test_a_mail_that_comes_between_claim_and_sending_crosses(
    ticket: Ticket, operator: Operator, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = answer(ticket, operator)
    claimed: list[int] = []
    claim = queue.claim_batch

    def claim_then_mail_comes(**values: Any) -> Any:
        batch = claim(**values)
        if batch.mails:
            claimed.append(batch.mails[0].pk)
            post_mails(build_mail(), prefix=f"crossing{len(claimed)}-")
        return batch

    monkeypatch.setattr(queue, "claim_batch", claim_then_mail_comes)

    assert send_due_mail() == 0

    assert len(claimed) == 1
    assert smtp.received == []
    process_inbox()
    assert states(message) == ["held"]
    row = OutboundEmail.objects.get(message=message)
    assert (row.lease_expires_at, row.attempts) == (None, 0)


def test_an_answer_that_must_wait_keeps_no_lease(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    message = answer(ticket, operator)
    (mail,) = queue.claim_batch(holder=uuid4(), limit=1).mails
    post_mails(build_mail(), prefix="crossing")

    assert not attempts.record_acceptance(None, mail)

    row = OutboundEmail.objects.get(message=message)
    assert (row.state, row.attempts, row.lease_expires_at) == ("queued", 0, None)


def test_a_held_answer_is_sent_by_hand_whatever_comes(
    ticket: Ticket, operator: Operator, api: APIClient, smtp: SmtpServer
) -> None:
    message = answer(ticket, operator)
    bring(build_mail(), "crossing")

    sent = api.post(f"/mgs/requests/{ticket.pk}/mgs/{message.pk}/send/")

    assert (sent.status_code, sent.json()["delivery"]["state"]) == (200, "queued")
    post_mails(build_mail(), prefix="another")
    assert send_due_mail() == 1
    assert states(message) == ["sent"]
    entry = HistoryEntry.objects.get(event="reply_released")
    assert entry.details == {"before": "held", "after": "queued"}


def test_a_held_answer_is_withdrawn(ticket: Ticket, operator: Operator, api: APIClient) -> None:
    message = answer(ticket, operator)
    crossing = bring(build_mail(), "crossing")

    answered = api.post(f"/mgs/requests/{ticket.pk}/mgs/{message.pk}/withdraw/")

    assert answered.status_code == 200, answered.content
    assert answered.json()["delivery"]["state"] == "withdrawn"
    assert answered.json()["delivery"]["held_by"] == crossing.pk
    ticket.refresh_from_db()
    first = Message.objects.get(ticket=ticket, number=1)
    assert (ticket.waiting_on, ticket.waiting_since) == ("operator", first.created_at)


def test_a_scheduled_answer_is_held_even_in_a_closed_ticket(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    message = answer(ticket, operator, send_at=timezone.now() + timedelta(hours=1))
    services.close_ticket(ticket_id=ticket.pk, by=operator)
    version = Ticket.objects.get().version

    crossing = bring(build_mail(), "crossing")

    assert crossing.ticket != ticket
    assert states(message) == ["held"]
    ticket.refresh_from_db()
    assert (ticket.version, ticket.waiting_on) == (version + 1, None)
    entry = HistoryEntry.objects.get(event="reply_held")
    assert (entry.ticket, entry.version, entry.status_after) == (ticket, version + 1, "closed")


def test_a_held_answer_is_in_no_other_mails_way(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    answer(ticket, operator)
    bring(build_mail(), "crossing")

    services.reply(ticket_id=ticket.pk, by=operator, title="Now", text="Now.")

    assert send_due_mail() == 1


def test_an_answer_without_the_wish_crosses(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    message = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")

    bring(build_mail(), "crossing")

    assert send_due_mail() == 1
    assert states(message) == ["sent"]
