"""Mail loops with machines that answer everything end by themselves, whatever the machine."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import InboundEmail, OutboundEmail
from mailing.outbound import composing
from mailing.outbound.composing import compose
from operators.models import Operator
from tests.factories import TicketFactory
from tests.inbox import receive
from tests.mail import build_mail
from tickets import services
from tickets.models import Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

ROUNDS = 60
# NOTICES_PER_HOUR; the rounds take less than an hour.
MOST = 10

STYLES: dict[str, dict[str, str]] = {
    "RFC 3834": {"auto_submitted": "auto-replied"},
    "RFC 3834, generated": {"auto_submitted": "auto-generated"},
    "Precedence: auto_reply": {"precedence": "auto_reply"},
    "Precedence: bulk": {"precedence": "bulk"},
    "Precedence: junk": {"precedence": "junk"},
    "X-Autoreply": {"x_autoreply": "yes"},
    "X-Autorespond": {"x_autorespond": "vacation"},
    "Exchange": {"x_auto_response_suppress": "All"},
    "null return path": {"return_path": "<>"},
    "only a subject": {"subject": "Automatic reply: "},
    "nothing at all": {},
}


def take_due_mails() -> list[bytes]:
    """Return the mails that the desk would send now, and mark them as sent."""
    rows = list(OutboundEmail.objects.filter(state="queued").order_by("pk"))
    now = timezone.now()
    OutboundEmail.objects.filter(pk__in=[row.pk for row in rows]).update(
        state="sent", sent_at=now, next_attempt_at=None
    )
    return [bytes(row.content) for row in rows]


def exchange_mails(answer: Callable[[int, bytes], bytes], operator: Operator) -> int:
    """Let a machine answer each mail of the desk, while an operator closes each ticket at once.

    Closing is the worst case: each answer may open the next ticket. Returns how many the desk sent.
    """
    receive(build_mail("elsewhere@example.com", message_id="<0@example.com>"))
    sent = 0
    for number in range(1, ROUNDS):
        for ticket in Ticket.objects.filter(status="new"):
            services.take_ticket(ticket_id=ticket.pk, by=operator)
            services.close_ticket(ticket_id=ticket.pk, by=operator)
        mails = take_due_mails()
        if not mails:
            break
        sent += len(mails)
        for part, mail in enumerate(mails):
            serial = number * 100 + part
            receive(answer(serial, mail), prefix=f"m{serial}-")
    return sent


@pytest.mark.parametrize("style", STYLES)
def test_an_auto_responder_gets_few_mails_whatever_its_headers(
    style: str, operator: Operator
) -> None:
    def answer(number: int, mail: bytes) -> bytes:
        received = message_from_bytes(mail, policy=default)
        headers = dict(STYLES[style])
        subject = headers.pop("subject", "Re: ") + str(received["subject"])
        return build_mail(
            "elsewhere@example.com",
            subject=subject,
            text=f"I am away, {number}.",
            message_id=f"<{number}@example.com>",
            in_reply_to=str(received["message-id"]),
            **headers,
        )

    sent = exchange_mails(answer, operator)

    assert sent <= MOST
    assert not InboundEmail.objects.filter(state="received").exists()


def test_two_desks_do_not_answer_each_other(operator: Operator, settings: Settings) -> None:
    def another_desk(number: int, mail: bytes) -> bytes:
        """Answer as another copy does: with its own notice, under its own address and key."""
        received = message_from_bytes(mail, policy=default)
        ticket = TicketFactory.build(pk=number, title=str(received["subject"]))
        settings.SUPPORT_ADDRESS = "elsewhere@example.com"
        notice = compose(
            composing.render_notice(OutboundEmail.Kind.CREATED, ticket),
            recipient="desk@servicedesk.example",
            references=[str(received["message-id"])],
        ).content
        settings.SUPPORT_ADDRESS = "desk@servicedesk.example"
        return re.sub(rb"(?m)^(X-ServiceDesk-Loop: .*:).*$", rb"\1another-key", notice)

    sent = exchange_mails(another_desk, operator)

    assert sent == 3  # received, taken and closed of the first mail, which a person wrote


def test_a_desk_that_answers_each_acknowledgement_from_a_new_address_comes_to_an_end() -> None:
    receive(build_mail("case-0@elsewhere.example", message_id="<0@elsewhere.example>"))

    sent = 0
    for number in range(1, 10):
        mails = take_due_mails()
        sent += len(mails)
        for mail in mails:
            received = message_from_bytes(mail, policy=default)
            answer = build_mail(
                f"case-{number}@elsewhere.example",
                subject=f"[Case {number}] {received['subject']}",
                message_id=f"<{number}@elsewhere.example>",
                in_reply_to=str(received["message-id"]),
            )
            receive(answer, prefix=f"m{number}-")

    assert sent == 1
    assert Ticket.objects.count() == 2
