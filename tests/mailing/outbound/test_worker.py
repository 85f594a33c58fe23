"""The outbox at work: order, tries, pauses, leases."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing.models import OutboundEmail, OutboxPause
from mailing.outbound import outcomes, pause, progress, worker
from mailing.outbound import queue as outbox_queue
from mailing.outbound.smtp import (
    Connection,
    ConnectionExpired,
    SendResult,
    SendStatus,
    ServerUnavailable,
)
from mailing.outbound.worker import work_outbox
from mailing.queueing import database_retry, leases
from operators.models import Operator
from tests.factories import OutboundEmailFactory, TicketFactory
from tests.outbox import send_due_mail
from tests.smtp_server import Hang, SmtpServer
from tickets import services
from tickets.models import Message

pytestmark = pytest.mark.django_db

State = OutboundEmail.State
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_many_mails_go_over_one_connection(smtp: SmtpServer) -> None:
    OutboundEmailFactory.create_batch(30)

    assert send_due_mail() == 30

    assert (smtp.connections, len(smtp.received)) == (1, 30)
    assert OutboundEmail.objects.filter(state=State.SENT).count() == 30


def test_a_server_that_limits_mails_on_a_connection_gets_the_rest_on_others(
    smtp: SmtpServer,
) -> None:
    smtp.mails_per_connection = 4
    OutboundEmailFactory.create_batch(10)

    assert send_due_mail() == 10

    assert [mail.connection for mail in smtp.received] == [1] * 4 + [2] * 4 + [3] * 2
    assert set(OutboundEmail.objects.values_list("state", "attempts")) == {(State.SENT, 1)}
    assert OutboxPause.objects.count() == 0


def test_nothing_due_opens_no_connection(smtp: SmtpServer) -> None:
    OutboundEmailFactory.create(next_attempt_at=timezone.now() + timedelta(seconds=30))
    OutboundEmailFactory.create(state=State.SENT, sent_at=timezone.now())

    assert send_due_mail() == 0

    assert smtp.connections == 0


def test_work_ends_when_its_time_is_up(smtp: SmtpServer) -> None:
    OutboundEmailFactory.create()

    assert work_outbox(until=timezone.now()) == 0

    assert smtp.connections == 0


def test_the_notices_of_a_ticket_go_out_in_their_order(smtp: SmtpServer) -> None:
    ticket = TicketFactory.create()
    now = timezone.now()
    for kind, seconds in (("created", 1), ("in_progress", 2), ("closed", 3)):
        # The later ones have waited longer, as after a put-back of the first.
        OutboundEmailFactory.create(
            ticket=ticket, kind=kind, next_attempt_at=now - timedelta(seconds=seconds)
        )

    send_due_mail()

    sent = OutboundEmail.objects.order_by("sent_at").values_list("kind", flat=True)
    assert list(sent) == ["created", "in_progress", "closed"]
    assert [mail.content for mail in smtp.received] == [
        bytes(row.content) for row in OutboundEmail.objects.order_by("pk")
    ]


def test_a_mail_waits_while_an_earlier_one_of_its_ticket_is_being_sent() -> None:
    ticket = TicketFactory.create()
    OutboundEmailFactory.create_batch(2, ticket=ticket)
    other = OutboundEmailFactory.create()

    first = outbox_queue.claim_next(holder=uuid4())
    second = outbox_queue.claim_next(holder=uuid4())

    assert first is not None
    assert first.ticket == ticket
    assert second == other
    assert outbox_queue.claim_next(holder=uuid4()) is None


def test_a_deferred_mail_holds_nothing_up() -> None:
    ticket = TicketFactory.create()
    later = timezone.now() + timedelta(hours=1)
    OutboundEmailFactory.create(ticket=ticket, state=State.DEFERRED, next_attempt_at=later)
    second = OutboundEmailFactory.create(ticket=ticket)

    assert outbox_queue.claim_next(holder=uuid4()) == second


def test_a_claim_is_a_lease() -> None:
    row = OutboundEmailFactory.create()
    holder = uuid4()

    with time_machine.travel(timezone.now(), tick=False):
        claimed = outbox_queue.claim_next(holder=holder)

        row.refresh_from_db()
        assert claimed == row
        assert (row.state, row.attempts, row.lease_holder) == (State.SENDING, 1, holder)
        assert row.lease_expires_at == timezone.now() + timedelta(seconds=30)
        assert (row.first_attempt_at, row.next_attempt_at) == (timezone.now(), None)


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
            claimed = outbox_queue.claim_next(holder=uuid4())
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


def test_what_a_dead_worker_was_sending_becomes_uncertain() -> None:
    killed, vanished, living = OutboundEmailFactory.create_batch(3)
    outbox_queue.claim_next(holder=uuid4())
    with leases.lease_holder() as holder:
        holder.hold_liveness_lock()
        for _ in range(2):
            outbox_queue.claim_next(holder=holder.id)
        OutboundEmail.objects.filter(pk=vanished.pk).update(
            lease_expires_at=timezone.now() - timedelta(seconds=1)
        )

        assert outbox_queue.release_orphans() == 2
        assert outbox_queue.release_orphans() == 0

    for dead in (killed, vanished):
        dead.refresh_from_db()
        assert (dead.state, dead.uncertain_attempts) == (State.UNCERTAIN, 1)
        assert dead.reason == "the worker that was sending it died"
        assert dead.next_attempt_at is not None
    living.refresh_from_db()
    assert living.state == State.SENDING


def test_a_mail_of_which_nothing_was_taken_waits_again_though_its_worker_was_thought_dead() -> None:
    row = OutboundEmailFactory.create()
    claimed = outbox_queue.claim_next(holder=uuid4())
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
    claimed = outbox_queue.claim_next(holder=uuid4())
    assert claimed is not None
    outbox_queue.release_orphans()

    outcomes.record_result(claimed.pk, claimed.lease_holder, answer)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.uncertain_attempts) == (state, 1, 1)


def test_an_answer_to_somebody_elses_try_does_not_count() -> None:
    row = OutboundEmailFactory.create()
    first = outbox_queue.claim_next(holder=uuid4())
    assert first is not None
    OutboundEmail.objects.update(state=State.UNCERTAIN, next_attempt_at=timezone.now())
    second = outbox_queue.claim_next(holder=uuid4())
    assert second is not None

    outcomes.record_result(row.pk, first.lease_holder, SendResult(SendStatus.REFUSED, 550, "no"))
    outcomes.undo_claim(first.pk, first.lease_holder, "late")

    row.refresh_from_db()
    assert (row.state, row.lease_holder, row.attempts) == (State.SENDING, second.lease_holder, 2)


def test_what_was_cancelled_or_done_meanwhile_stays_so() -> None:
    row = OutboundEmailFactory.create()
    claimed = outbox_queue.claim_next(holder=uuid4())
    assert claimed is not None
    OutboundEmail.objects.update(state=State.FAILED, reason="x")

    outcomes.record_result(row.pk, claimed.lease_holder, SendResult(SendStatus.SENT, 250, "OK"))

    row.refresh_from_db()
    assert row.state == State.FAILED


def test_pauses_of_the_queue_grow_with_each_failed_try() -> None:
    waits = []

    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(6):
            pause.begin("cannot connect", about_us=False)
            row = OutboxPause.objects.get()
            waits.append((row.until - timezone.now()).total_seconds())
            clock.move_to(row.until)

    assert waits == [2, 4, 8, 15, 15, 15]
    assert (row.failures, row.since) == (6, NOON)


def test_pauses_are_longer_when_it_is_about_us() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(12):
            pause.begin("535 wrong password", about_us=True)
            row = OutboxPause.objects.get()
            wait = row.until - timezone.now()
            clock.move_to(row.until)

    assert wait == timedelta(minutes=10)


def test_several_workers_that_fail_at_once_are_one_failed_try() -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(4):
            pause.begin("cannot connect", about_us=False)

        row = OutboxPause.objects.get()
        assert (row.failures, row.until) == (1, NOON + timedelta(seconds=2))


def test_the_first_mail_that_is_answered_ends_the_pause(smtp: SmtpServer) -> None:
    OutboundEmailFactory.create_batch(3)
    smtp.answer("connect", "421 4.3.2 Busy")
    send_due_mail()
    assert (pause.current() is not None, pause.is_on()) == (True, True)

    with time_machine.travel(timezone.now() + timedelta(seconds=3)):
        assert not pause.is_on()
        assert send_due_mail() == 3

    assert pause.current() is None
    assert OutboundEmail.objects.filter(state=State.SENT, attempts=1).count() == 3


def test_a_pause_whose_mails_are_gone_ends_with_the_next_connection(smtp: SmtpServer) -> None:
    row = OutboundEmailFactory.create()
    smtp.answer("connect", "421 4.3.2 Busy", "421 4.3.2 Busy")
    send_due_mail()
    OutboundEmail.objects.update(state=State.SUPPRESSED, reason="cancelled", next_attempt_at=None)

    with time_machine.travel(timezone.now()) as clock:
        clock.shift(timedelta(seconds=3))
        send_due_mail()
        assert pause.current() is not None
        clock.shift(timedelta(seconds=5))
        send_due_mail()

    row.refresh_from_db()
    assert (pause.current(), row.state, smtp.received) == (None, State.SUPPRESSED, [])
    assert smtp.connections == 3
    assert (send_due_mail(), smtp.connections) == (0, 3)


def test_a_pause_in_the_middle_keeps_what_went_out_and_what_waits(smtp: SmtpServer) -> None:
    rows = OutboundEmailFactory.create_batch(3)
    smtp.answer("RCPT", "250 OK", "550 5.4.5 Daily user sending limit exceeded")

    assert send_due_mail() == 1

    states = [OutboundEmail.objects.get(pk=row.pk).state for row in rows]
    assert states == [State.SENT, State.QUEUED, State.QUEUED]
    assert OutboxPause.objects.get().reason.startswith("refuses mail from us: 550 5.4.5")


def test_one_mail_that_is_refused_on_our_account_does_not_stop_the_others(
    smtp: SmtpServer,
) -> None:
    poisoned, other = OutboundEmailFactory.create_batch(2)
    smtp.answer("RCPT", "554 5.7.1 Relay access denied")
    send_due_mail()

    with time_machine.travel(timezone.now() + timedelta(seconds=3)):
        smtp.answer("RCPT", "250 OK", "554 5.7.1 Relay access denied")
        send_due_mail()

    other.refresh_from_db()
    poisoned.refresh_from_db()
    assert (other.state, poisoned.state) == (State.SENT, State.QUEUED)


def test_health_and_metrics_show_the_pause_and_its_end(client: Any) -> None:
    pause.begin("cannot connect: refused", about_us=False)

    paused, shown = client.get("/readyz"), client.get("/metrics").content.decode()
    pause.end()

    assert paused.status_code == 503
    assert any("cannot connect: refused" in one for one in paused.json()["problems"])
    assert "servicedesk_outbox_paused 1.0" in shown
    assert client.get("/readyz").status_code == 200
    assert "servicedesk_outbox_paused 0.0" in client.get("/metrics").content.decode()


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
    claimed = outbox_queue.claim_next(holder=uuid4())
    assert claimed is not None
    with Connection() as connected, pytest.raises(type(error)):
        worker.send_claimed(connected, claimed)

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

    def fail_twice(saved: OutboundEmail) -> None:
        if saved.state == State.SENT and failures:
            raise failures.pop()
        save(saved)

    monkeypatch.setattr(outcomes, "save_progress", fail_twice)
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

    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "record_result", fail)
        patch.setattr(database_retry, "PAUSES_SECONDS", (0,))
        with pytest.raises(OperationalError):
            send_due_mail()
    outbox_queue.release_orphans()

    row.refresh_from_db()
    assert (row.state, row.uncertain_attempts) == (State.UNCERTAIN, 1)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_send_each_mail_once_and_each_tickets_in_order(smtp: SmtpServer) -> None:
    tickets = TicketFactory.create_batch(20)
    for kind in ("created", "in_progress", "closed"):
        for ticket in tickets:
            OutboundEmailFactory.create(ticket=ticket, kind=kind)

    def work() -> None:
        try:
            while OutboundEmail.objects.exclude(state=State.SENT).exists():
                send_due_mail()
        finally:
            connection.close()

    run_at_once([work] * 8)

    assert len(smtp.received) == 60
    assert set(OutboundEmail.objects.values_list("state", "attempts")) == {(State.SENT, 1)}
    for ticket in tickets:
        sent = OutboundEmail.objects.filter(ticket=ticket).order_by("sent_at")
        assert list(sent.values_list("kind", flat=True)) == ["created", "in_progress", "closed"]


def run_at_once(calls: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
