"""Outages are reported once also while the database is away."""

from typing import Any

import pytest
from django.db import OperationalError

from mailing.monitoring.problems import Problem
from mailing.monitoring_models import Outage
from tests.config.monitoring.outages import SILENT_SCRIPT, Scene, texts
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db


def test_an_outage_of_the_database_is_reported_once_and_stored_afterwards(
    clock: Any, admin_smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(clock)
    scene.problems = [Problem("database", "The database does not answer (OperationalError).")]

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("gone")

    with monkeypatch.context() as away:
        away.setattr(Outage.objects, "get_or_create", fail)
        away.setattr(Outage.objects, "filter", fail)
        scene.pass_by(10)
        assert len(texts(admin_smtp)) == 1
        assert "The database does not answer" in texts(admin_smtp)[0]
    scene.problems = []
    scene.pass_by(0.5)

    outage = Outage.objects.get()
    assert (outage.code, outage.told_at is not None) == ("database", True)
    scene.pass_by(3)
    assert len(texts(admin_smtp)) == 2


def test_an_outage_does_not_end_because_the_database_is_away(
    clock: Any, admin_smtp: SmtpServer
) -> None:
    scene = Scene(clock)
    scene.problems = [SILENT_SCRIPT]
    scene.pass_by(3)
    scene.problems = [Problem("database", "The database does not answer (OperationalError).")]
    scene.pass_by(5)
    scene.problems = [SILENT_SCRIPT]
    scene.pass_by(5)

    script, database, database_over = texts(admin_smtp)
    assert "Apps Script" in script
    assert "database" in database
    assert "Apps Script" not in database + database_over
    assert Outage.objects.get(ended_at=None).code == "script"


def test_an_end_is_reported_once_while_the_database_is_away(
    clock: Any, admin_smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
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

    assert len(admin_smtp.received) == 2
    assert Outage.objects.get().end_told_at is not None
