"""Administrators get one mail when an outage begins, and one when it is over."""

from datetime import timedelta
from email import message_from_bytes
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import Settings

from mailing.models import InboundEmail
from mailing.monitoring.problems import Problem
from mailing.monitoring_models import Outage
from tests.config.monitoring.outages import DEAD_WORKER, SILENT_SCRIPT, Scene, texts
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


def test_one_mail_reports_an_outage_and_one_its_end(clock: Any, admin_smtp: SmtpServer) -> None:
    scene = Scene(clock)
    scene.problems = [SILENT_SCRIPT]
    began = timezone.now() + timedelta(seconds=15)

    scene.pass_by(30)

    (begun,) = texts(admin_smtp)
    assert "- The Apps Script has not called for 30 min. (since" in begun
    outage = Outage.objects.get()
    assert (outage.code, outage.began_at, outage.ended_at) == ("script", began, None)
    scene.problems = []
    scene.pass_by(30)
    _, over = texts(admin_smtp)
    assert "The Apps Script has not called" in over
    assert "30 min" in over
    outage.refresh_from_db()
    assert outage.ended_at == began + timedelta(minutes=30)
    mail = message_from_bytes(admin_smtp.received[0].content)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not InboundEmail.objects.exists()


def test_outages_that_begin_together_share_a_mail(clock: Any, admin_smtp: SmtpServer) -> None:
    scene = Scene(clock)
    scene.problems = [SILENT_SCRIPT, DEAD_WORKER]

    scene.pass_by(5)

    (begun,) = texts(admin_smtp)
    assert begun.count("\n- ") + begun.startswith("- ") == 2
    assert Outage.objects.count() == 2


def test_a_short_problem_is_not_reported(clock: Any, admin_smtp: SmtpServer) -> None:
    scene = Scene(clock)
    for _ in range(5):
        scene.problems = [DEAD_WORKER]
        scene.pass_by(0.75)
        scene.problems = []
        scene.pass_by(0.75)

    assert admin_smtp.received == []
    assert not Outage.objects.exists()


def test_an_outage_with_a_short_gap_is_one_outage(clock: Any, admin_smtp: SmtpServer) -> None:
    scene = Scene(clock)
    for _ in range(5):
        scene.problems = [DEAD_WORKER]
        scene.pass_by(2)
        scene.problems = []
        scene.pass_by(0.5)

    assert len(texts(admin_smtp)) == 1
    assert Outage.objects.count() == 1


def test_a_restarted_watch_reports_nothing_twice(clock: Any, admin_smtp: SmtpServer) -> None:
    first = Scene(clock)
    first.problems = [DEAD_WORKER]
    first.pass_by(3)

    second = Scene(clock)
    second.problems = [DEAD_WORKER]
    second.pass_by(3)
    assert len(texts(admin_smtp)) == 1
    second.problems = []
    second.pass_by(3)

    assert len(texts(admin_smtp)) == 2
    assert Outage.objects.get().ended_at is not None


def test_two_watches_report_an_outage_once(
    clock: Any, admin_smtp: SmtpServer, settings: Settings
) -> None:
    first, second = Scene(clock), Scene(clock)
    first.problems = second.problems = [DEAD_WORKER]

    for _ in range(8):
        first.pass_by(0.25)
        second.watch.run_round()

    assert len(admin_smtp.received) == 1
    assert Outage.objects.count() == 1


def test_a_problem_caused_by_an_outage_is_not_reported(clock: Any, admin_smtp: SmtpServer) -> None:
    scene = Scene(clock)
    redis = Problem("redis", "Redis does not answer (TimeoutError).")
    scene.problems = [redis]
    scene.pass_by(0.75)
    scene.problems = [
        DEAD_WORKER,
        Problem("inbox_age", "A mail waits to be worked for 6 min."),
        redis,
    ]
    scene.pass_by(10)
    scene.problems = [DEAD_WORKER]
    scene.pass_by(0.5)
    scene.problems = []
    scene.pass_by(3)

    begun, over = texts(admin_smtp)
    assert "Redis does not answer" in begun
    assert "Redis does not answer" in over
    assert "worker" not in begun + over
    assert [outage.code for outage in Outage.objects.all()] == ["redis"]


def test_a_problem_that_outlasts_its_cause_is_reported(clock: Any, admin_smtp: SmtpServer) -> None:
    scene = Scene(clock)
    scene.problems = [DEAD_WORKER, Problem("redis", "Redis does not answer (TimeoutError).")]
    scene.pass_by(5)
    scene.problems = [DEAD_WORKER]

    scene.pass_by(5)

    assert ["inbox worker" in text for text in texts(admin_smtp)] == [False, False, True]
    assert set(Outage.objects.filter(ended_at=None).values_list("code", flat=True)) == {"inbox"}


def test_what_a_killed_watch_did_not_report_is_reported_by_the_next(
    clock: Any, admin_smtp: SmtpServer
) -> None:
    first = Scene(clock)
    first.problems = [DEAD_WORKER]
    first.pass_by(0.75)

    class Killed(BaseException):
        pass

    with pytest.MonkeyPatch.context() as killing:
        killing.setattr(EmailMessage, "send", Mock(side_effect=Killed))
        with pytest.raises(Killed):
            first.pass_by(2)
    second = Scene(clock)
    second.problems = [DEAD_WORKER]
    second.pass_by(3)

    (begun,) = texts(admin_smtp)
    assert "inbox worker" in begun
