"""Answers that are crossed although an attempt to send them has begun."""

import pytest

from mailing.models import OutboundEmail
from mailing.outbound import outcomes, supervision
from operators.models import Operator
from tests.factories import ParticipantFactory
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.mailing.inbound.bringing import bring
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import SmtpServer
from tests.webhook import post_mails
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(smtp: SmtpServer) -> Ticket:
    """A ticket whose notice is sent."""
    ticket = bring(build_mail(), "first").ticket
    send_due_mail()
    return ticket


def answer(ticket: Ticket, operator: Operator) -> Message:
    return services.reply(
        ticket_id=ticket.pk, by=operator, title="Re", text="Done.", hold_if_crossed=True
    )


def states(message: Message) -> list[str]:
    rows = OutboundEmail.objects.filter(message=message).order_by("pk")
    return list(rows.values_list("state", flat=True))


def test_a_mail_that_comes_while_the_server_takes_nothing_crosses(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    ParticipantFactory.create(ticket=ticket, email="petr@example.com")
    message = answer(ticket, operator)
    begun = begin_next()
    assert begun is not None
    crossing = bring(build_mail(), "crossing")
    assert states(message) == ["sending", "queued"]

    outcomes.undo_claim(begun.pk, begun.lease_holder, "no connection")

    assert states(message) == ["held", "held"]
    assert send_due_mail() == 0
    entry = HistoryEntry.objects.get(event="reply_held")
    assert (entry.message, entry.details) == (message, {"before": None, "after": crossing.pk})


@pytest.mark.parametrize("inbox_works", [True, False])
def test_mail_of_before_the_answer_holds_nothing_when_the_server_takes_nothing(
    ticket: Ticket, operator: Operator, smtp: SmtpServer, inbox_works: bool
) -> None:
    if inbox_works:
        bring(build_mail(), "before")
    else:
        post_mails(build_mail(), prefix="before")
    message = answer(ticket, operator)
    process_inbox()
    begun = begin_next()
    assert begun is not None

    outcomes.undo_claim(begun.pk, begun.lease_holder, "no connection")

    assert states(message) == ["queued"]


def test_an_answer_that_a_supervisor_sends_again_is_not_held(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    smtp.answer("RCPT", "550 5.1.1 No such user")
    message = answer(ticket, operator)
    send_due_mail()
    failed = OutboundEmail.objects.get(message=message)
    supervision.retry(outbound_id=failed.pk, by=operator)

    bring(build_mail(), "crossing")

    assert states(message) == ["queued"]
    assert send_due_mail() == 1
