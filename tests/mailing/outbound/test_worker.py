"""The mail worker's loop: one connection for many mails, until the time is up."""

from datetime import timedelta

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from mailing.models import OutboundEmail, OutboxPause
from mailing.outbound import worker
from mailing.outbound.worker import work_outbox
from tests.factories import OutboundEmailFactory
from tests.outbox import send_due_mail
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


State = OutboundEmail.State


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


def test_the_mails_of_a_batch_that_were_accepted_have_one_log_line(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "BATCH_SECONDS", 60)
    alone, second, third, refused = OutboundEmailFactory.create_batch(4)
    smtp.answer("RCPT", *["250 2.1.5 OK"] * 3, "550 5.1.1 No such user")

    with capture_logs() as lines:
        assert send_due_mail() == 4

    sent = {"event": "mail_attempted", "state": "sent", "log_level": "info"}
    assert [line for line in lines if line["event"] == "mail_attempted"] == [
        {**sent, "outbound": f"{alone.pk}", "trace": alone.trace},
        {
            "event": "mail_attempted",
            "state": "failed",
            "outbound": refused.pk,
            "code": 550,
            "trace": refused.trace,
            "log_level": "info",
        },
        {
            **sent,
            "outbound": f"{second.pk} {third.pk}",
            "trace": f"{second.trace} {third.trace}",
        },
    ]
