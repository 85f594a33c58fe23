"""The file whose age shows a container's health check that a worker or beat runs."""

from pathlib import Path
from typing import Any

import psycopg2
import pytest
from celery.signals import heartbeat_sent
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import app
from tasks import liveness_file
from tasks.scheduler import LeaderScheduler


def test_a_worker_touches_the_file_at_each_heartbeat(tmp_path: Path, settings: Any) -> None:
    file = tmp_path / "heartbeat"
    settings.HEARTBEAT_FILE = str(file)

    heartbeat_sent.send(sender=None)

    assert file.exists()


def test_beat_touches_the_file_at_each_tick_whether_it_leads_or_not(
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "heartbeat"
    settings.HEARTBEAT_FILE = str(file)

    def refuse(**parameters: Any) -> None:
        raise psycopg2.OperationalError("refused")

    monkeypatch.setattr(psycopg2, "connect", refuse)
    monkeypatch.setattr(DatabaseScheduler, "setup_schedule", lambda self: None)
    scheduler = LeaderScheduler(app=app)

    scheduler.tick()

    assert file.exists()


def test_a_file_that_cannot_be_written_is_no_error(tmp_path: Path, settings: Any) -> None:
    settings.HEARTBEAT_FILE = str(tmp_path / "no such folder" / "heartbeat")

    liveness_file.touch()

    assert list(tmp_path.iterdir()) == []


def test_without_a_file_nothing_is_touched(tmp_path: Path, settings: Any) -> None:
    settings.HEARTBEAT_FILE = ""

    liveness_file.touch()
