"""What is recorded of an attempt: tries, lost answers, late answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail
from mailing.outbound import attempts, outcomes, progress, worker
from mailing.outbound import queue as outbox_queue
from mailing.outbound.smtp import (
    Connection,
    ConnectionExpired,
    SendResult,
    SendStatus,
    ServerUnavailable,
)
from mailing.queueing import database_retry
from operators.models import Operator
from tests.factories import OutboundEmailFactory, TicketFactory
from tests.outbox import begin_next, send_due_mail
from tests.smtp_server import Hang, SmtpServer
from tickets import services
from tickets.models import Message

pytestmark = pytest.mark.django_db


State = OutboundEmail.State


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_every_try_sends_the_same_bytes(smtp: SmtpServer) -> None:
    row = OutboundEmailFactory.create()
    smtp.answer("dot", "451 4.3.0 Later", "451 4.3.0 Later")

    for _ in range(3):
        OutboundEmail.objects.update(next_attempt_at=timezone.now())
        send_due_mail()

    assert smtp.wire == [bytes(row.content)] * 3
    assert row.message_id_header.encode() in smtp.wire[0]


def test_pauses_between_tries_grow_to_two_hours_and_end_after_a_day() -> None:
    row = OutboundEmailFactory.create()
    waits = []

    with time_machine.travel(timezone.now(), tick=False) as clock:
        while row.state != State.FAILED:
            claimed = begin_next()
            assert claimed is not None
            answer = SendResult(SendStatus.DEFERRED, 451, "4.3.0 Later")
            outcomes.record_result(claimed.pk, claimed.lease_holder, answer)
            row.refresh_from_db()
            if row.next_attempt_at is not None:
                waits.append(int((row.next_attempt_at - timezone.now()).total_seconds()))
                clock.move_to(row.next_attempt_at)

    assert waits == [5 * 2**n for n in range(11)] + [7200] * 11
    assert row.reason == "not taken for a day: 451 4.3.0 Later"
    assert (row.attempts, row.sent_at, row.next_attempt_at) == (23, None, None)


def test_a_mail_without_an_answer_is_sent_again_twice_and_then_left_to_an_operator(
    smtp: SmtpServer, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    row = OutboundEmailFactory.create()
    smtp.answer("dot", Hang(), Hang(), Hang(), Hang())

    waits = []
    with time_machine.travel(timezone.now()) as clock:
        for _ in range(3):
            send_due_mail()
            row.refresh_from_db()
            assert row.state == State.UNCERTAIN
            waits.append(row.next_attempt_at and row.next_attempt_at - timezone.now())
            clock.shift(timedelta(minutes=9, seconds=50))
            assert send_due_mail() == 0
            clock.shift(timedelta(seconds=20))
        clock.shift(timedelta(days=3))
        assert send_due_mail() == 0

    assert [wait and round(wait.total_seconds() / 60) for wait in waits] == [10, 10, None]
    assert (row.attempts, row.uncertain_attempts) == (3, 3)
    assert smtp.wire == [bytes(row.content)] * 3


def test_an_uncertain_mail_that_is_taken_the_next_time_is_sent(
    smtp: SmtpServer, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    row = OutboundEmailFactory.create()
    smtp.answer("dot", Hang())
    send_due_mail()
    OutboundEmail.objects.update(next_attempt_at=timezone.now())

    send_due_mail()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain_attempts) == (State.SENT, 2, 1)
    assert [mail.content for mail in smtp.received] == [bytes(row.content)] * 2


def test_a_mail_of_which_nothing_was_taken_waits_again_though_its_worker_was_thought_dead() -> None:
    row = OutboundEmailFactory.create()
    claimed = begin_next()
    assert claimed is not None
    outbox_queue.release_orphans()

    outcomes.undo_claim(claimed.pk, claimed.lease_holder, "421 busy")

    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain_attempts) == (State.QUEUED, 0, 0)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (SendResult(SendStatus.SENT, 250, "OK"), State.SENT),
        (SendResult(SendStatus.REFUSED, 550, "no"), State.FAILED),
        (SendResult(SendStatus.DEFERRED, 451, "later"), State.DEFERRED),
        (SendResult(SendStatus.UNCERTAIN, None, "silence"), State.UNCERTAIN),
    ],
)
def test_an_answer_that_comes_after_the_lease_still_counts(
    answer: SendResult, state: OutboundEmail.State
) -> None:
    row = OutboundEmailFactory.create()
    claimed = begin_next()
    assert claimed is not None
    outbox_queue.release_orphans()

    outcomes.record_result(claimed.pk, claimed.lease_holder, answer)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain_attempts) == (state, 1, 1)


def test_an_answer_to_somebody_elses_try_does_not_count() -> None:
    row = OutboundEmailFactory.create()
    first = begin_next()
    assert first is not None
    OutboundEmail.objects.update(
        state=State.UNCERTAIN, next_attempt_at=timezone.now(), lease_expires_at=None
    )
    second = begin_next()
    assert second is not None

    outcomes.record_result(row.pk, first.lease_holder, SendResult(SendStatus.REFUSED, 550, "no"))
    outcomes.undo_claim(first.pk, first.lease_holder, "late")

    row.refresh_from_db()
    assert (row.state, row.lease_holder, row.attempts) == (State.SENDING, second.lease_holder, 2)


def test_what_was_cancelled_or_done_meanwhile_stays_so() -> None:
    row = OutboundEmailFactory.create()
    claimed = begin_next()
    assert claimed is not None
    OutboundEmail.objects.update(state=State.FAILED, reason="x")

    outcomes.record_result(row.pk, claimed.lease_holder, SendResult(SendStatus.SENT, 250, "OK"))

    row.refresh_from_db()
    assert row.state == State.FAILED


def test_an_operators_message_shows_how_far_it_got(smtp: SmtpServer, operator: Operator) -> None:
    ticket = TicketFactory.create()
    queued = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Hello")
    assert queued.delivery is not None
    assert (queued.delivery["state"], queued.delivery["attempts"]) == ("queued", 0)
    smtp.answer("RCPT", "451 4.3.0 Later")

    send_due_mail()
    deferred = Message.objects.get().delivery
    OutboundEmail.objects.update(next_attempt_at=timezone.now())
    send_due_mail()
    sent = Message.objects.get().delivery

    assert deferred is not None
    assert sent is not None
    assert (deferred["state"], deferred["smtp_code"]) == ("deferred", 451)
    assert (deferred["attempts"], deferred["smtp_reply"]) == (1, "4.3.0 Later")
    assert (sent["state"], sent["smtp_code"], sent["attempts"]) == ("sent", 250, 2)
    assert (sent["sent_at"] is not None, sent["next_attempt_at"]) == (True, None)


@pytest.mark.parametrize("error", [ServerUnavailable("x"), ConnectionExpired("x")])
def test_a_mail_that_could_not_be_begun_is_as_if_it_was_not_claimed(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    row = OutboundEmailFactory.create(
        attempts=2, first_attempt_at=NOON, state=State.DEFERRED, next_attempt_at=timezone.now()
    )

    def fail(*args: Any, **kwargs: Any) -> SendResult:
        monkeypatch.undo()
        raise error

    monkeypatch.setattr(Connection, "send", fail)
    claimed = begin_next()
    assert claimed is not None
    with pytest.raises(type(error)):
        worker.send_begun(Connection(), claimed)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.first_attempt_at) == (State.QUEUED, 2, NOON)


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_recorded_when_the_database_was_away_for_a_moment(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = OutboundEmailFactory.create()
    save, failures = (
        progress.save_progress,
        [OperationalError("gone"), OperationalError("gone")],
    )

    def fail_at_the_end(mails: list[OutboundEmail]) -> set[int]:
        if mails[0].state == State.SENT:
            raise OperationalError("gone")
        return progress.save_attempts(mails)

    def fail_twice(saved: OutboundEmail) -> None:
        if saved.state == State.SENT and failures:
            raise failures.pop()
        save(saved)

    monkeypatch.setattr(outcomes, "save_progress", fail_twice)
    monkeypatch.setattr(attempts, "save_attempts", fail_at_the_end)
    monkeypatch.setattr(database_retry, "PAUSES_SECONDS", (0, 0, 0))

    assert send_due_mail() == 1

    row.refresh_from_db()
    assert (row.state, row.attempts, failures) == (State.SENT, 1, [])
    assert len(smtp.received) == 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_cannot_be_recorded_leaves_the_mail_to_its_lease(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = OutboundEmailFactory.create()

    def fail(*args: Any) -> None:
        raise OperationalError("gone")

    def fail_at_the_end(mails: list[OutboundEmail]) -> set[int]:
        if mails[0].state == State.SENT:
            fail()
        return progress.save_attempts(mails)

    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "record_result", fail)
        patch.setattr(attempts, "save_attempts", fail_at_the_end)
        patch.setattr(database_retry, "PAUSES_SECONDS", (0,))
        with pytest.raises(OperationalError):
            send_due_mail()
    outbox_queue.release_orphans()

    row.refresh_from_db()
    assert (row.state, row.uncertain_attempts) == (State.UNCERTAIN, 1)
