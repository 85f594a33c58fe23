"""The copies of an answer: one mail for each recipient, under one Message-ID."""

import pytest

from mailing.models import InboundEmail, MutedMailbox, OutboundEmail
from operators.models import Operator
from tests.factories import MessageFactory, ParticipantFactory
from tests.inbox import receive
from tests.mail import build_delivery_report
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer
from tickets import replies, services
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(db: None) -> Ticket:
    """A ticket with two participants."""
    ticket: Ticket = MessageFactory.create(
        ticket__requester__email="ivan@example.com", origin={"kind": "person"}
    ).ticket
    ParticipantFactory.create(ticket=ticket, email="petr@example.com")
    ParticipantFactory.create(ticket=ticket, email="anna@example.com")
    return ticket


def reply(ticket: Ticket, operator: Operator) -> Message:
    return services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")


def states() -> dict[str, str]:
    return dict(OutboundEmail.objects.filter(kind="reply").values_list("recipient", "state"))


def test_a_bounce_is_of_the_copy_to_the_recipient_that_it_names(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    message = reply(ticket, operator)
    send_due_mail()
    message_id = OutboundEmail.objects.filter(kind="reply")[0].message_id_header

    receive(build_delivery_report(message_id, recipient="Petr@example.com"))

    assert states() == {
        "ivan@example.com": "sent",
        "petr@example.com": "bounced",
        "anna@example.com": "sent",
    }
    assert MutedMailbox.objects.get().mailbox == "petr@example.com"
    message.refresh_from_db()
    assert message.delivery is not None
    assert message.delivery["state"] == "sent"
    assert message.copies["petr@example.com"]["bounce"]["status"] == "5.1.1"


def test_a_bounce_of_nobody_who_got_it_mutes_nobody(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    reply(ticket, operator)
    send_due_mail()
    message_id = OutboundEmail.objects.filter(kind="reply")[0].message_id_header

    receive(build_delivery_report(message_id, recipient="target@forwarded.example"))

    assert InboundEmail.objects.get().state == "processed"
    assert MutedMailbox.objects.count() == 0
    assert states()["ivan@example.com"] == "bounced"


def test_notices_go_to_the_requester_alone(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.close_ticket(ticket_id=ticket.pk, by=operator)

    send_due_mail()

    assert {mail.recipient for mail in smtp.received} == {"ivan@example.com"}


def test_a_further_answer_names_each_message_once(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    reply(ticket, operator)
    first = OutboundEmail.objects.filter(kind="reply")[0].message_id_header
    reply(ticket, operator)

    send_due_mail()

    second = smtp.received[-1].content.decode()
    assert f"References: {first}\r\nX-" in second


def test_an_answer_that_was_taken_back_is_not_named_by_later_ones(
    ticket: Ticket, operator: Operator, smtp: SmtpServer
) -> None:
    taken_back = reply(ticket, operator)
    replies.withdraw_reply(ticket_id=ticket.pk, message_id=taken_back.pk, by=operator)
    reply(ticket, operator)

    send_due_mail()

    assert b"References:" not in smtp.received[0].content


def test_a_requester_without_an_address_gets_nothing_and_the_copies_go(
    operator: Operator, smtp: SmtpServer
) -> None:
    ticket = MessageFactory.create(ticket__requester__email="unknown-1@sender.invalid").ticket
    ParticipantFactory.create(ticket=ticket, email="petr@example.com")
    reply(ticket, operator)

    send_due_mail()

    assert states() == {"unknown-1@sender.invalid": "suppressed", "petr@example.com": "sent"}


def test_a_copy_of_a_mail_to_an_address_in_unicode_is_sent_with_smtputf8(
    operator: Operator, smtp: SmtpServer
) -> None:
    ticket = MessageFactory.create(ticket__requester__email="иван@example.com").ticket
    ParticipantFactory.create(ticket=ticket, email="petr@example.com")
    reply(ticket, operator)

    send_due_mail()

    assert [command for command in smtp.commands if command.startswith("mail FROM")] == [
        "mail FROM:<desk@servicedesk.example> SMTPUTF8 BODY=8BITMIME"
    ] * 2
