"""The outbox pauses while the mail server accepts nothing from us."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from mailing.models import OutboundEmail, OutboxPause
from mailing.outbound import pause
from tests.factories import OutboundEmailFactory
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


State = OutboundEmail.State


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


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
