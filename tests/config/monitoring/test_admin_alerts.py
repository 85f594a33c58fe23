"""The mails to the administrators, and a mail server that does not take them."""

from typing import Any

import pytest
from pytest_django import Settings

from config.monitoring import outage_watch
from tests.config.monitoring.outages import DEAD_WORKER, PAUSED_OUTBOX, Scene, texts
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


def test_an_outage_of_the_mail_server_is_reported_when_it_is_over(
    clock: Any, admin_smtp: SmtpServer
) -> None:
    scene = Scene(clock)
    admin_smtp.answer("MAIL", "421 4.3.0 Not now", always=True)
    scene.problems = [PAUSED_OUTBOX]
    scene.pass_by(10)
    assert texts(admin_smtp) == []

    admin_smtp.as_usual()
    scene.problems = []
    scene.pass_by(10)

    (over,) = texts(admin_smtp)
    assert "Mail does not go out." in over
    assert "10 min" in over


def test_a_server_that_rejects_the_password_is_tried_at_growing_intervals(
    clock: Any, admin_smtp: SmtpServer, settings: Settings
) -> None:
    admin_smtp.extensions.append("AUTH PLAIN LOGIN")
    admin_smtp.answer("AUTH", "535 5.7.8 Username and Password not accepted", always=True)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk@example.com", "wrong"
    scene = Scene(clock)
    scene.problems = [PAUSED_OUTBOX]

    scene.pass_by(60)

    assert admin_smtp.connections < 15
    admin_smtp.as_usual()
    scene.pass_by(10)
    assert len(texts(admin_smtp)) == 1


def test_without_administrators_an_outage_is_logged(
    clock: Any, admin_smtp: SmtpServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ADMINS = []
    scene = Scene(clock)
    scene.problems = [DEAD_WORKER]

    scene.pass_by(3)

    assert admin_smtp.received == []
    assert "outage_began" in caplog.text
    assert outage_watch.ROUND_SECONDS == 15
