"""An answer that may have left is neither held nor taken back."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail, OutboxClaimer
from mailing.outbound import attempts, queue
from mailing.outbound.smtp import SendResult, SendStatus
from operators.models import Operator
from tests.factories import MessageFactory, OutboundEmailFactory, TicketFactory
from tests.inbox import process_inbox, receive
from tests.mail import build_delivery_report, build_mail
from tests.outbox import begin_next
from tests.webhook import post_mails
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer(operator: Operator) -> Message:
    return write_answer(operator)


def write_answer(operator: Operator) -> Message:
    ticket = TicketFactory.create(taken=True, operator=operator)
    MessageFactory.create(ticket=ticket)
    return services.reply(
        ticket_id=ticket.pk, by=operator, title="Re", text="Done.", hold_if_crossed=True
    )


def withdraw(api: APIClient, answer: Message) -> int:
    path = f"/mgs/requests/{answer.ticket_id}/mgs/{answer.pk}/withdraw/"
    return int(api.post(path).status_code)


def lose_what_was_begun() -> None:
    """Claim all mail and begin to send it; then PostgreSQL crashes and loses the latter."""
    assert len(queue.claim_batch(holder=uuid4(), limit=10).mails) == 1
    OutboxClaimer.objects.all().delete()  # as PostgreSQL does


def test_an_answer_that_was_claimed_before_a_crash_is_not_withdrawn(
    answer: Message, api: APIClient
) -> None:
    lose_what_was_begun()

    assert withdraw(api, answer) == 409

    assert OutboundEmail.objects.get().state == "queued"
    assert not HistoryEntry.objects.filter(event="reply_withdrawn").exists()
    queue.release_orphans()
    assert OutboundEmail.objects.get().state == "uncertain"


def test_an_answer_that_is_claimed_is_withdrawn(answer: Message, api: APIClient) -> None:
    queue.claim_batch(holder=uuid4(), limit=10)

    assert withdraw(api, answer) == 200

    assert OutboundEmail.objects.get().state == "withdrawn"


def test_an_answer_that_was_claimed_before_a_crash_is_not_held(answer: Message) -> None:
    lose_what_was_begun()
    post_mails(build_mail(Ticket.objects.get().requester.email), prefix="crossing")

    process_inbox()

    assert OutboundEmail.objects.get(kind="reply").state == "queued"
    assert not HistoryEntry.objects.filter(event="reply_held").exists()


def test_an_answer_that_waits_after_a_lost_attempt_is_not_withdrawn(
    answer: Message, api: APIClient
) -> None:
    begun = begin_next()
    assert begun is not None
    OutboundEmail.objects.update(
        state="deferred",
        lease_expires_at=None,
        next_attempt_at=begun.last_attempt_at,
        uncertain_attempts=1,
        taken_at=[begun.last_attempt_at],
    )

    assert withdraw(api, answer) == 409

    assert OutboundEmail.objects.get().state == "deferred"


def test_a_report_on_what_a_worker_is_sending_says_nothing_of_what_it_claims_later(
    operator: Operator,
) -> None:
    worker = uuid4()
    OutboundEmailFactory.create()
    notice = begin_next(worker)
    assert notice is not None
    receive(build_delivery_report(notice.message_id_header))
    attempts.record_acceptance((notice, SendResult(SendStatus.SENT, 250, "OK")))
    queue.release(worker)  # its batch has taken too long
    assert OutboundEmail.objects.get(pk=notice.pk).state == "bounced"
    OutboundEmail.objects.exclude(pk=notice.pk).delete()
    answer = write_answer(operator)
    (claimed,) = queue.claim_batch(holder=worker, limit=9).mails

    post_mails(build_mail(answer.ticket.requester.email), prefix="crossing")
    process_inbox()

    assert OutboundEmail.objects.get(pk=claimed.pk).state == "held"
