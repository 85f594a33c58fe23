"""Administrators hear of an outage once, and once when it is over, whatever is broken."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings

from config.monitoring import outage_watch
from config.monitoring.outage_watch import OutageWatch
from mailing.models import InboundEmail, Outage
from mailing.monitoring.problems import Problem
from tests import smtp_server
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db

SILENT = Problem("script", "The Apps Script has not called for 30 min.")
DEAD = Problem("inbox", "Nothing was heard of the inbox worker for 2 min.")


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpServer]:
    with smtp_server.running() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = False
        settings.ADMINS = [("", "anna@example.com"), ("", "boris@example.com")]
        yield server


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


class Scene:
    """A watch over problems that the test names."""

    def __init__(self, clock: Any) -> None:
        self.problems: list[Problem] = []
        self.watch = OutageWatch(lambda: self.problems)
        self._clock = clock

    def pass_by(self, minutes: float) -> None:
        """Let the watch go its rounds."""
        for _ in range(round(minutes * 4)):
            self._clock.shift(timedelta(seconds=15))
            self.watch.run_round()


def texts(server: SmtpServer) -> list[str]:
    found: list[str] = []
    for one in server.received:
        text = message_from_bytes(one.content, policy=default).get_content()
        if text not in found:
            found.append(text)
    return found


def test_one_mail_tells_of_an_outage_and_one_that_it_is_over(clock: Any, smtp: SmtpServer) -> None:
    scene = Scene(clock)
    scene.problems = [SILENT]
    began = timezone.now() + timedelta(seconds=15)

    scene.pass_by(30)

    (told,) = texts(smtp)
    assert "- The Apps Script has not called for 30 min. (since" in told
    outage = Outage.objects.get()
    assert (outage.code, outage.began_at, outage.ended_at) == ("script", began, None)
    scene.problems = []
    scene.pass_by(30)
    _, over = texts(smtp)
    assert "The Apps Script has not called" in over
    assert "30 min" in over
    outage.refresh_from_db()
    assert outage.ended_at == began + timedelta(minutes=30)
    mail = message_from_bytes(smtp.received[0].content)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not InboundEmail.objects.exists()


def test_what_begins_together_is_told_together(clock: Any, smtp: SmtpServer) -> None:
    scene = Scene(clock)
    scene.problems = [SILENT, DEAD]

    scene.pass_by(5)

    (told,) = texts(smtp)
    assert told.count("\n- ") + told.startswith("- ") == 2
    assert Outage.objects.count() == 2


def test_a_short_problem_is_told_to_nobody(clock: Any, smtp: SmtpServer) -> None:
    scene = Scene(clock)
    for _ in range(5):
        scene.problems = [DEAD]
        scene.pass_by(0.75)
        scene.problems = []
        scene.pass_by(0.75)

    assert smtp.received == []
    assert not Outage.objects.exists()


def test_an_outage_that_pauses_for_a_moment_is_one_outage(clock: Any, smtp: SmtpServer) -> None:
    scene = Scene(clock)
    for _ in range(5):
        scene.problems = [DEAD]
        scene.pass_by(2)
        scene.problems = []
        scene.pass_by(0.5)

    assert len(texts(smtp)) == 1
    assert Outage.objects.count() == 1


def test_when_the_mail_server_is_what_is_broken_they_hear_of_it_afterwards(
    clock: Any, smtp: SmtpServer
) -> None:
    scene = Scene(clock)
    smtp.answer("MAIL", "421 4.3.0 Not now", always=True)
    scene.problems = [Problem("outbox_paused", "Mail does not go out.")]
    scene.pass_by(10)
    assert texts(smtp) == []

    smtp.as_usual()
    scene.problems = []
    scene.pass_by(10)

    (over,) = texts(smtp)
    assert "Mail does not go out." in over
    assert "10 min" in over


def test_a_restarted_watch_tells_nothing_twice(clock: Any, smtp: SmtpServer) -> None:
    first = Scene(clock)
    first.problems = [DEAD]
    first.pass_by(3)

    second = Scene(clock)
    second.problems = [DEAD]
    second.pass_by(3)
    assert len(texts(smtp)) == 1
    second.problems = []
    second.pass_by(3)

    assert len(texts(smtp)) == 2
    assert Outage.objects.get().ended_at is not None


def test_two_watches_tell_it_once(clock: Any, smtp: SmtpServer, settings: Settings) -> None:
    one, other = Scene(clock), Scene(clock)
    one.problems = other.problems = [DEAD]

    for _ in range(8):
        one.pass_by(0.25)
        other.watch.run_round()

    assert len(smtp.received) == 1
    assert Outage.objects.count() == 1


def test_a_database_that_is_away_is_told_once_and_written_down_afterwards(
    clock: Any, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(clock)
    scene.problems = [Problem("database", "The database does not answer (OperationalError).")]

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr(Outage.objects, "get_or_create", fail)
        away.setattr(Outage.objects, "filter", fail)
        scene.pass_by(10)
        assert len(texts(smtp)) == 1
        assert "The database does not answer" in texts(smtp)[0]
    scene.problems = []
    scene.pass_by(0.5)

    outage = Outage.objects.get()
    assert (outage.code, outage.told_at is not None) == ("database", True)
    scene.pass_by(3)
    assert len(texts(smtp)) == 2


def test_what_an_outage_brings_with_it_is_no_outage_of_its_own(
    clock: Any, smtp: SmtpServer
) -> None:
    scene = Scene(clock)
    redis = Problem("redis", "Redis does not answer (TimeoutError).")
    scene.problems = [redis]
    scene.pass_by(0.75)
    scene.problems = [DEAD, Problem("inbox_age", "A mail waits to be worked for 6 min."), redis]
    scene.pass_by(10)
    scene.problems = [DEAD]
    scene.pass_by(0.5)
    scene.problems = []
    scene.pass_by(3)

    told, over = texts(smtp)
    assert "Redis does not answer" in told
    assert "Redis does not answer" in over
    assert "worker" not in told + over
    assert [outage.code for outage in Outage.objects.all()] == ["redis"]


def test_what_stays_when_its_cause_is_over_is_told(clock: Any, smtp: SmtpServer) -> None:
    scene = Scene(clock)
    scene.problems = [DEAD, Problem("redis", "Redis does not answer (TimeoutError).")]
    scene.pass_by(5)
    scene.problems = [DEAD]

    scene.pass_by(5)

    assert ["inbox worker" in text for text in texts(smtp)] == [False, False, True]
    assert set(Outage.objects.filter(ended_at=None).values_list("code", flat=True)) == {"inbox"}


def test_an_outage_is_not_over_because_the_database_cannot_tell_of_it(
    clock: Any, smtp: SmtpServer
) -> None:
    scene = Scene(clock)
    scene.problems = [SILENT]
    scene.pass_by(3)
    scene.problems = [Problem("database", "The database does not answer (OperationalError).")]
    scene.pass_by(5)
    scene.problems = [SILENT]
    scene.pass_by(5)

    script, database, database_over = texts(smtp)
    assert "Apps Script" in script
    assert "database" in database
    assert "Apps Script" not in database + database_over
    assert Outage.objects.get(ended_at=None).code == "script"


def test_what_a_watch_was_killed_over_is_told_by_the_next(clock: Any, smtp: SmtpServer) -> None:
    first = Scene(clock)
    first.problems = [DEAD]
    first.pass_by(0.75)

    class Killed(BaseException):
        pass

    with pytest.MonkeyPatch.context() as killing:
        killing.setattr(EmailMessage, "send", Mock(side_effect=Killed))
        with pytest.raises(Killed):
            first.pass_by(2)
    second = Scene(clock)
    second.problems = [DEAD]
    second.pass_by(3)

    (told,) = texts(smtp)
    assert "inbox worker" in told


def test_an_end_is_told_once_while_the_database_is_away(
    clock: Any, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(clock)
    scene.problems = [Problem("redis", "Redis does not answer (TimeoutError).")]
    scene.pass_by(3)
    scene.problems = []

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr(Outage.objects, "filter", fail)
        scene.pass_by(5)
    scene.pass_by(1)

    assert len(smtp.received) == 2
    assert Outage.objects.get().end_told_at is not None


def test_a_server_that_refuses_the_password_is_asked_ever_more_rarely(
    clock: Any, smtp: SmtpServer, settings: Settings
) -> None:
    smtp.extensions.append("AUTH PLAIN LOGIN")
    smtp.answer("AUTH", "535 5.7.8 Username and Password not accepted", always=True)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk@example.com", "wrong"
    scene = Scene(clock)
    scene.problems = [Problem("outbox_paused", "Mail does not go out.")]

    scene.pass_by(60)

    assert smtp.connections < 15
    smtp.as_usual()
    scene.pass_by(10)
    assert len(texts(smtp)) == 1


def test_without_administrators_it_is_logged(
    clock: Any, smtp: SmtpServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ADMINS = []
    scene = Scene(clock)
    scene.problems = [DEAD]

    scene.pass_by(3)

    assert smtp.received == []
    assert "outage_began" in caplog.text
    assert outage_watch.ROUND_SECONDS == 15
