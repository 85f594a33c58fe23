"""Holders are told of answers that do not arrive, and nobody of mails to operators."""

import pytest
import time_machine

from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from mailing.outbound import outcomes, supervision
from mailing.outbound.smtp import SendResult, SendStatus
from operators.models import Operator
from tests.inbox import process_inbox, store_mail
from tests.mail import build_delivery_report
from tests.mailing.outbound.notices import Kind, text
from tests.mailing.outbound.telling import due_after, parsed, told, updates, write
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import SmtpServer
from tickets import services
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def answer(ticket: Ticket, *, by: Operator) -> OutboundEmail:
    """Answer the ticket and begin to send the answer."""
    services.reply(ticket_id=ticket.pk, by=by, title="Re", text="Hello")
    outbound = begin_next()
    assert outbound is not None
    assert outbound.kind == Kind.REPLY
    return outbound


@pytest.mark.parametrize("by_holder", [True, False])
def test_the_holder_is_told_of_an_answer_that_failed_whoever_wrote_it(
    held: Ticket, anna: Operator, boris: Operator, by_holder: bool
) -> None:
    outbound = answer(held, by=anna if by_holder else boris)

    refused = SendResult(SendStatus.REFUSED, 550, "5.1.1 no such user")
    outcomes.record_result(outbound.pk, outbound.lease_holder, refused)

    assert told() == [("anna@desk.example", ["delivery"], "queued")]
    author = "Анна" if by_holder else "Борис"
    assert text(parsed(updates()[0])).startswith(
        f"Ответ не доставлен или мог не дойти. Автор: {author}.\n"
    )
    held.refresh_from_db()
    assert held.needs_attention


def test_the_holder_is_told_of_an_answer_that_stays_uncertain(held: Ticket, anna: Operator) -> None:
    outbound = answer(held, by=anna)
    OutboundEmail.objects.filter(pk=outbound.pk).update(uncertain_attempts=2)

    unknown = SendResult(SendStatus.UNCERTAIN, None, "no answer")
    outcomes.record_result(outbound.pk, outbound.lease_holder, unknown)

    assert told() == [("anna@desk.example", ["delivery"], "queued")]


def test_nobody_is_told_of_an_answer_that_is_tried_again(held: Ticket, anna: Operator) -> None:
    outbound = answer(held, by=anna)

    later = SendResult(SendStatus.DEFERRED, 450, "4.2.0 later")
    outcomes.record_result(outbound.pk, outbound.lease_holder, later)

    assert told() == []


def test_the_holder_is_told_again_of_an_answer_that_bounces_after_it_failed(
    clock: time_machine.Traveller, held: Ticket, anna: Operator, supervisor: Operator
) -> None:
    outbound = answer(held, by=anna)
    refused = SendResult(SendStatus.REFUSED, 550, "5.1.1 no such user")
    outcomes.record_result(outbound.pk, outbound.lease_holder, refused)
    clock.shift(3600)
    supervision.retry(outbound_id=outbound.pk, by=supervisor)

    store_mail("mailer-daemon@example.com", raw=build_delivery_report(outbound.message_id_header))
    process_inbox()

    assert OutboundEmail.objects.get(pk=outbound.pk).state == "bounced"
    assert told() == [
        ("anna@desk.example", ["delivery"], "queued"),
        ("anna@desk.example", ["delivery"], "queued"),
    ]
    assert [due_after(row).seconds for row in updates()] == [0, 3600]


def test_a_failed_mail_to_an_operator_needs_no_attention_and_tells_nobody(held: Ticket) -> None:
    write(held)
    outbound = begin_next()
    assert outbound is not None

    refused = SendResult(SendStatus.REFUSED, 550, "5.1.1 no such user")
    outcomes.record_result(outbound.pk, outbound.lease_holder, refused)

    assert told() == [("anna@desk.example", ["message"], "failed")]
    held.refresh_from_db()
    assert not held.needs_attention


@pytest.mark.parametrize("names_message_id", [True, False])
def test_a_bounced_mail_to_an_operator_mutes_it_at_most(
    held: Ticket, smtp: SmtpServer, names_message_id: bool
) -> None:
    write(held)
    send_due_mail()
    message_id = updates()[0].message_id_header if names_message_id else "<unknown@relay.example>"

    report = build_delivery_report(message_id, recipient="anna@desk.example")
    store_mail("mailer-daemon@desk.example", raw=report)
    process_inbox()

    assert InboundEmail.objects.get().state == "processed"
    assert len(updates()) == 1
    assert MutedMailbox.objects.exists() is names_message_id
    held.refresh_from_db()
    assert not held.needs_attention
