"""Mail that comes at the moment in which an answer is written and leaves, hundreds of times."""

import time
from collections import Counter
from functools import partial

import pytest

from mailing.models import InboundEmail, OutboundEmail
from operators.models import Operator
from tests.concurrency import at_once
from tests.factories import OperatorFactory, ParticipantFactory
from tests.inbox import process_inbox, receive
from tests.mail import build_mail
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer
from tests.webhook import post_mails
from tickets import services
from tickets.models import Message, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(300)]

ROUNDS = 100


class Round:
    """A ticket whose operator answers at the moment in which its requester writes again."""

    def __init__(self, number: int, copies: int) -> None:
        self.sender, self.name = f"r{number}@example.com", f"crossing{number}-"
        receive(build_mail(self.sender), prefix=f"first{number}-")
        self.ticket = Ticket.objects.get(requester__email=self.sender)
        ParticipantFactory.create_batch(copies, ticket=self.ticket)
        self.stored_at = 0.0

    def answer(self, operator: Operator, wait_seconds: float) -> None:
        time.sleep(wait_seconds)
        services.reply(
            ticket_id=self.ticket.pk, by=operator, title="Re", text="Done.", hold_if_crossed=True
        )

    def write(self) -> None:
        post_mails(build_mail(self.sender), prefix=self.name)
        self.stored_at = time.time()

    def check(self) -> str:
        """Return how the answer ended; fail if it was begun after a mail that it had not seen."""
        answer = Message.objects.get(ticket=self.ticket, sender_type="operator")
        rows = list(OutboundEmail.objects.filter(message=answer))
        (state,) = {row.state for row in rows}
        mail = InboundEmail.objects.get(external_id=f"{self.name}1")
        was_seen = mail.pk in (rows[0].inbox_before or ())
        if state == "sent" and not was_seen:
            begun_at = min(row.first_attempt_at.timestamp() for row in rows if row.first_attempt_at)
            came_first = Message.objects.filter(inbound_email=mail, number__lt=answer.number)
            assert begun_at < self.stored_at or came_first.exists()
        if state == "held":
            assert {row.held_by for row in rows} == {mail.message}
        return state


@pytest.mark.parametrize("copies", [0, 2])
@pytest.mark.parametrize("inbox_works", [True, False])
def test_no_answer_is_begun_after_a_mail_that_crosses_it(
    smtp: SmtpServer, inbox_works: bool, copies: int
) -> None:
    operator = OperatorFactory.create()
    rounds = [Round(number, copies) for number in range(ROUNDS)]
    send_due_mail()

    for number, one in enumerate(rounds):
        calls = [
            # The answer is written a little later each time, until it comes after the mail.
            partial(one.answer, operator, 0.0003 * (number % 40)),
            one.write,
            *[send_due_mail] * 2,
            *[process_inbox] * inbox_works,
        ]
        at_once(calls)
        send_due_mail()

    if not inbox_works:
        process_inbox()
    send_due_mail()
    ends = Counter(one.check() for one in rounds)
    assert sum(ends.values()) == ROUNDS
    assert ends["held"] >= ROUNDS // 20
    assert ends["sent"] >= ROUNDS // 20
