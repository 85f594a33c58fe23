"""Mail that comes at the moment in which an answer is written and leaves, hundreds of times."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from random import Random
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from mailing.models import InboundEmail, OutboundEmail
from operators.models import Operator
from tests.concurrency import at_once, then_disconnect
from tests.database import waiting_for_a_lock
from tests.factories import OperatorFactory, ParticipantFactory
from tests.inbox import process_inbox, receive
from tests.mail import build_mail
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer
from tests.webhook import post_mails
from tickets import replies, services
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(300)]

ROUNDS = 60


class Round:
    """A ticket whose operator answers at the moment in which its requester writes again."""

    def __init__(self, number: int, copies: int) -> None:
        self.sender, self.name = f"r{number}@example.com", f"crossing{number}-"
        receive(build_mail(self.sender), prefix=f"first{number}-")
        self.ticket = Ticket.objects.get(requester__email=self.sender)
        ParticipantFactory.create_batch(copies, ticket=self.ticket)
        self.stored_at = 0.0

    def answer(self, operator: Operator) -> None:
        services.reply(
            ticket_id=self.ticket.pk, by=operator, title="Re", text="Done.", hold_if_crossed=True
        )

    def write(self, wait_seconds: float) -> None:
        time.sleep(wait_seconds)
        post_mails(build_mail(self.sender), prefix=self.name)
        self.stored_at = time.time()

    def check(self) -> str:
        """Return how the answer ended; fail if it was begun after a mail that it had not seen."""
        answer = Message.objects.get(ticket=self.ticket, sender_type="operator")
        rows = list(OutboundEmail.objects.filter(message=answer))
        (state,) = {row.state for row in rows}
        mail = InboundEmail.objects.get(external_id=f"{self.name}1")
        assert mail.message is not None
        was_there = mail.pk in (rows[0].inbox_before or ()) or mail.message.number < answer.number
        if state == "held":
            assert not was_there
            assert {row.held_by for row in rows} == {mail.message}
        elif not was_there:
            begun = [row.first_attempt_at for row in rows if row.first_attempt_at]
            assert min(begun).timestamp() < self.stored_at
        return state


@contextmanager
def working(*works: Callable[[], object]) -> Iterator[None]:
    """Repeat each of these in a thread of its own."""
    ended = Event()

    def repeat(work: Callable[[], object]) -> None:
        try:
            while not ended.is_set():
                work()
                time.sleep(0.001)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        running = [threads.submit(repeat, work) for work in works]
        try:
            yield
        finally:
            ended.set()
    for thread in running:
        thread.result()


@pytest.mark.parametrize("copies", [0, 2])
@pytest.mark.parametrize("inbox_works", [True, False])
def test_no_answer_is_begun_after_a_mail_that_crosses_it(
    smtp: SmtpServer, inbox_works: bool, copies: int
) -> None:
    random_ = Random(f"{inbox_works} {copies}")  # noqa: S311 - no secret
    operator = OperatorFactory.create()
    rounds = [Round(number, copies) for number in range(ROUNDS)]
    send_due_mail()

    with working(send_due_mail, send_due_mail, *[process_inbox] * inbox_works):
        for one in rounds:
            # The answer takes longer to write than the mail to store.
            wait_seconds = random_.uniform(0, 0.08)
            at_once([partial(one.answer, operator), partial(one.write, wait_seconds)])

    process_inbox()
    send_due_mail()
    ends = Counter(one.check() for one in rounds)
    assert set(ends) == {"held", "sent"}
    assert sum(ends.values()) == ROUNDS


def test_an_answer_that_is_just_being_withdrawn_is_not_held(smtp: SmtpServer) -> None:
    operator = OperatorFactory.create()
    receive(build_mail("ivan@example.com"), prefix="first-")
    ticket = Ticket.objects.get()
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    later = timezone.now() + timedelta(hours=1)
    answer = services.reply(
        ticket_id=ticket.pk,
        by=operator,
        title="Re",
        text="Done.",
        send_at=later,
        hold_if_crossed=True,
    )
    services.close_ticket(ticket_id=ticket.pk, by=operator)
    post_mails(build_mail("ivan@example.com"), prefix="crossing-")

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            replies.withdraw_reply(ticket_id=ticket.pk, message_id=answer.pk, by=operator)
            inbox = threads.submit(then_disconnect, process_inbox)
            while not waiting_for_a_lock():
                time.sleep(0.01)
        inbox.result(30)

    assert OutboundEmail.objects.get(message=answer).state == "withdrawn"
    assert not HistoryEntry.objects.filter(event="reply_held").exists()
