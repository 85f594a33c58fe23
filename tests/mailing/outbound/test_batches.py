"""A claim is for several mails: what becomes of those whose turn has not come."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.environment import Rate
from mailing.models import OutboundEmail, OutboxClaimer
from mailing.outbound import attempts, outcomes, progress, queue, supervision, worker
from mailing.outbound.smtp import SendResult, SendStatus
from mailing.outbound.worker import work_outbox
from mailing.queueing import leases
from operators.models import Operator
from tests.factories import OutboundEmailFactory, TicketFactory
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import USUAL, Hang, SmtpServer
from tickets import services
from tickets.models import Message

# Committed, because a row's version changes with each transaction that writes it.
pytestmark = pytest.mark.django_db(transaction=True)

State = OutboundEmail.State
SENT = SendResult(SendStatus.SENT, 250, "2.0.0 OK")


def send_in_a_thread() -> int:
    try:
        return send_due_mail()
    finally:
        connection.close()


def states() -> list[str]:
    return list(OutboundEmail.objects.order_by("pk").values_list("state", flat=True))


def test_a_claim_is_for_several_mails_which_keep_their_state() -> None:
    rows = OutboundEmailFactory.create_batch(5)

    first = queue.claim_batch(holder=uuid4(), limit=3)
    second = queue.claim_batch(holder=uuid4(), limit=3)

    assert (first.mails, first.more_is_due) == (rows[:3], True)
    assert (second.mails, second.more_is_due) == (rows[3:], False)
    assert queue.claim_batch(holder=uuid4(), limit=3).mails == []
    assert set(OutboundEmail.objects.values_list("state", "attempts")) == {(State.QUEUED, 0)}


def test_a_claim_has_one_mail_of_each_ticket_and_recipient() -> None:
    ticket = TicketFactory.create()
    created, _taken = (
        OutboundEmailFactory.create(ticket=ticket, kind=kind) for kind in ("created", "in_progress")
    )
    other = OutboundEmailFactory.create()

    assert queue.claim_batch(holder=uuid4(), limit=10).mails == [created, other]


def test_a_mail_that_is_cancelled_after_the_claim_is_not_sent(supervisor: Operator) -> None:
    OutboundEmailFactory.create_batch(2)
    first, second = queue.claim_batch(holder=uuid4(), limit=2).mails
    attempts.record_acceptance(None, first)

    supervision.cancel(outbound_id=second.pk, by=supervisor)

    assert not attempts.record_acceptance((first, SENT), second)
    assert states() == [State.SENT, State.SUPPRESSED]


def test_a_mail_that_is_queued_again_after_the_claim_is_left_to_the_next_claim(
    supervisor: Operator,
) -> None:
    OutboundEmailFactory.create(
        state=State.DEFERRED, attempts=3, next_attempt_at=timezone.now() - timedelta(minutes=1)
    )
    (claimed,) = queue.claim_batch(holder=uuid4(), limit=1).mails

    supervision.retry(outbound_id=claimed.pk, by=supervisor)

    assert not attempts.record_acceptance(None, claimed)
    again = begin_next()
    assert again is not None
    assert (again.pk, again.attempts, again.timeline[-2]["words"]) == (
        claimed.pk,
        1,
        f"queued again by operator {supervisor.pk}",
    )


def test_of_a_dead_workers_batch_only_the_mail_that_it_was_sending_is_uncertain() -> None:
    OutboundEmailFactory.create_batch(4)
    first, second, *_rest = queue.claim_batch(holder=uuid4(), limit=4).mails
    attempts.record_acceptance(None, first)
    attempts.record_acceptance((first, SENT), second)

    assert queue.release_orphans() == 1

    assert states() == [State.SENT, State.UNCERTAIN, State.QUEUED, State.QUEUED]
    assert len(queue.claim_batch(holder=uuid4(), limit=4).mails) == 2
    assert list(OutboundEmail.objects.values_list("attempts", flat=True).order_by("pk")) == [
        1,
        1,
        0,
        0,
    ]


def test_after_a_crash_of_postgresql_the_mails_that_were_claimed_before_it_are_uncertain() -> None:
    OutboundEmailFactory.create_batch(2)
    queue.claim_batch(holder=uuid4(), limit=2)
    OutboxClaimer.objects.all().delete()  # as PostgreSQL does

    assert queue.release_orphans() == 2

    assert set(OutboundEmail.objects.values_list("state", "attempts", "uncertain_attempts")) == {
        (State.UNCERTAIN, 1, 1)
    }
    assert queue.claim_batch(holder=uuid4(), limit=2).mails == []


def test_a_worker_that_outlives_a_crash_does_not_hide_it() -> None:
    before, after = OutboundEmailFactory.create_batch(2)
    with leases.lease_holder() as holder:
        holder.hold_liveness_lock()
        queue.claim_batch(holder=holder.id, limit=1)
        OutboxClaimer.objects.all().delete()
        assert queue.claim_batch(holder=holder.id, limit=1).mails == [after]

        queue.release(holder.id)

    queue.release_orphans()
    before.refresh_from_db()
    assert (before.state, before.uncertain_attempts) == (State.UNCERTAIN, 1)


def test_the_table_of_claimers_is_emptied_by_a_crash() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'mailing_outboxclaimer'"
        )
        assert cursor.fetchall() == [("u",)]  # unlogged


def test_what_is_left_of_a_claim_that_takes_long_is_free_for_others(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    OutboundEmailFactory.create_batch(20)
    waiting = OutboundEmail.objects.filter(state=State.QUEUED, lease_expires_at__isnull=False)
    released: list[int] = []

    def release(holder: UUID) -> None:
        before = waiting.count()
        actual(holder)
        released.append(before - waiting.count())

    actual = queue.release
    monkeypatch.setattr(queue, "release", release)
    monkeypatch.setattr(worker, "MAX_BATCH_SECONDS", 0.3)
    silence = Hang()
    smtp.answer("dot", USUAL["dot"], silence)  # slow from the second mail on, which has others
    with ThreadPoolExecutor(1) as threads:
        work = threads.submit(send_in_a_thread)
        assert silence.reached.wait(30)
        claimed = waiting.count()
        time.sleep(0.3)
        silence.let_go()
        assert work.result() == 20

    assert claimed > 0
    assert released[0] == claimed
    assert states() == [State.SENT] * 20


def test_an_answer_is_recorded_by_the_statement_that_begins_the_next_mail() -> None:
    OutboundEmailFactory.create_batch(20)
    mails = queue.claim_batch(holder=uuid4(), limit=20).mails
    attempts.record_acceptance(None)  # prepares the statement
    accepted = None

    with CaptureQueriesContext(connection) as queries:
        for mail in mails:
            assert attempts.record_acceptance(accepted, mail)
            accepted = mail, SENT
        attempts.record_acceptance(accepted)

    assert len(queries) == 21
    assert states() == [State.SENT] * 20


def test_an_operators_message_is_recorded_with_its_answer(
    smtp: SmtpServer, operator: Operator
) -> None:
    tickets = TicketFactory.create_batch(2)
    for ticket in tickets:
        services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Hello")

    assert send_due_mail() == 2

    for message in Message.objects.all():
        assert message.delivery is not None
        steps = [(step["state"], step["attempt"]) for step in message.delivery["timeline"]]
        assert steps == [("queued", 0), ("sending", 1), ("sent", 1)]


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_statement_whose_own_answer_is_lost_sends_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, is_stored: bool
) -> None:
    OutboundEmailFactory.create_batch(2)
    first, second = queue.claim_batch(holder=uuid4(), limit=2).mails
    attempts.record_acceptance(None, first)

    def lose(mails: list[OutboundEmail]) -> set[int]:
        if is_stored:
            progress.save_attempts(mails)
        raise OperationalError("gone")

    monkeypatch.setattr(attempts, "save_attempts", lose)
    assert not attempts.record_acceptance((first, SENT), second)

    assert states() == [State.SENT, State.QUEUED]
    first.refresh_from_db()
    assert [step["state"] for step in first.timeline] == [State.SENDING, State.SENT]
    queue.release_orphans()
    assert queue.claim_batch(holder=uuid4(), limit=2).mails == [second]


def test_workers_with_batches_keep_the_rates_together(settings: Settings) -> None:
    settings.SEND_RATE = Rate(5, timedelta(days=1))
    settings.SEND_RATE_PER_RECIPIENT = Rate(2, timedelta(days=1))
    ticket = TicketFactory.create()
    theirs = [
        OutboundEmailFactory.create(ticket=ticket, recipient=f"a{number}@b.example", mailbox="a")
        for number in range(4)
    ]
    others = OutboundEmailFactory.create_batch(4)

    first = queue.claim_batch(holder=uuid4(), limit=3)
    second = queue.claim_batch(holder=uuid4(), limit=10)

    assert first.mails == theirs[:2]
    assert second.mails == others[:1]
    assert queue.claim_batch(holder=uuid4(), limit=10).mails == others[1:3]


def test_the_mailbox_rate_postpones_while_others_go_on(settings: Settings) -> None:
    settings.SEND_RATE_PER_RECIPIENT = Rate(1, timedelta(days=1))
    ticket = TicketFactory.create()
    first, second = (
        OutboundEmailFactory.create(ticket=ticket, recipient=f"a{number}@b.example", mailbox="a")
        for number in range(2)
    )
    mail = begin_next()
    assert mail == first
    outcomes.record_result(mail.pk, mail.lease_holder, SENT)
    other = OutboundEmailFactory.create()

    assert queue.claim_batch(holder=uuid4(), limit=10).mails == [other]

    second.refresh_from_db()
    assert second.reason == "waits: SEND_RATE_PER_RECIPIENT is reached"


def test_another_worker_is_woken_once_when_there_is_more_than_one_claims(smtp: SmtpServer) -> None:
    woken: list[str] = []

    def work() -> None:
        work_outbox(
            until=timezone.now() + timedelta(seconds=30), wake_another=lambda: woken.append("")
        )

    OutboundEmailFactory.create()
    work()
    assert woken == []

    OutboundEmailFactory.create_batch(20)
    work()
    assert woken == [""]
