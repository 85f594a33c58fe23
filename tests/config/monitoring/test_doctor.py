"""The doctor advises on each problem, whatever else is broken."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings

from config.monitoring import doctor
from mailing.monitoring import heartbeats
from mailing.monitoring_models import Heartbeat
from tests import processes, smtp_server
from tests.smtp_server import Hang, SmtpServer

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpServer]:
    with smtp_server.running() as server:
        settings.EMAIL_PORT = server.port
        yield server


@pytest.fixture(autouse=True)
def short_wait_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "WORKERS_SECONDS", 0.5)


@pytest.fixture
def missing_migration(transactional_db: None) -> Iterator[None]:
    """The last migration of `mailing` counts as not applied until the end of the test."""
    row = MigrationRecorder.Migration.objects.filter(app="mailing").latest("id")
    row.delete()
    yield
    row.save(force_insert=True)  # flushing the tables after the test does not restore it


def advice() -> dict[str, str]:
    """Return the advice of each check that has failed."""
    return {finding.name: finding.advice for finding in doctor.examine() if finding.advice}


@pytest.mark.slow
def test_every_check_passes_on_a_working_installation(
    smtp: SmtpServer, tmp_path: Any, settings: Settings
) -> None:
    settings.FILES_ROOT = str(tmp_path / "files")
    heartbeats.record_start()
    env = processes.environment()
    out = StringIO()
    with (
        processes.worker("inbox", folder=tmp_path, env=env),
        processes.worker("outbox", folder=tmp_path, env=env),
    ):
        call_command("doctor", stdout=out)

    lines = [line.split(maxsplit=1) for line in out.getvalue().splitlines()]
    assert len(lines) == len(doctor.CHECKS)
    assert all(line.endswith(" ok") for line in out.getvalue().splitlines())


def test_problems_are_printed_as_json_with_exit_status_1(smtp: SmtpServer) -> None:
    out = StringIO()

    with pytest.raises(SystemExit) as stop:
        call_command("doctor", "--json", stdout=out)

    report = json.loads(out.getvalue())
    assert stop.value.code == 1
    assert report["ok"] is False
    assert set(report["checks"]) == set(doctor.CHECKS)
    assert report["checks"]["database"] == {"ok": True, "advice": ""}
    assert report["checks"]["workers"]["advice"].startswith("Start a worker for inbox and outbox")
    assert report["checks"]["beat"]["advice"].startswith("Start beat")


def test_each_problem_has_its_advice(
    missing_migration: None, settings: Settings, tmp_path: Any
) -> None:
    Heartbeat.objects.create(name="script", at=timezone.now() - timedelta(minutes=30))
    settings.CELERY_BROKER_URL = "redis://:hidden@127.0.0.1:1/0"
    settings.EMAIL_PORT = 1
    settings.WEBHOOK_SECRETS = [b"a" * 32]
    (tmp_path / "file").touch()
    settings.FILES_ROOT = str(tmp_path / "file" / "files")

    findings = advice()

    assert findings["migrations"] == "Run manage.py migrate."
    assert findings["Redis"].startswith("Start Redis, and check CELERY_BROKER_URL (")
    assert findings["SMTP sign-in"].startswith("Check EMAIL_HOST, EMAIL_PORT")
    assert findings["webhook secret"].startswith("Replace the secret in WEBHOOK_SECRETS")
    assert findings["script heartbeat"].endswith("it has not called for 30 minutes.")
    assert "where files lie (NotADirectoryError)" in findings["files"]
    assert not {"database", "clock", "disk"} & set(findings)
    assert "hidden" not in str(findings)


@pytest.mark.slow
def test_without_redis_it_prints_advice_and_no_traceback(
    smtp: SmtpServer, settings: Settings
) -> None:
    env = processes.environment(
        EMAIL_PORT=str(smtp.port), CELERY_BROKER_URL="redis://127.0.0.1:1/0"
    )

    process = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        env=env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    checks = json.loads(process.stdout)["checks"]
    assert (process.returncode, process.stderr) == (1, "")
    assert checks["Redis"]["advice"].startswith("Start Redis")
    assert checks["workers"]["advice"] == "Not known without Redis."


def test_a_check_that_raises_is_a_finding_like_any_other(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise LookupError("a message that may quote anything")

    monkeypatch.setitem(doctor.CHECKS, "clock", breaks)

    findings = advice()

    assert findings["clock"] == "It cannot be examined (LookupError): look at its log."


def test_checks_that_hang_cost_the_time_limit_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIMIT_SECONDS", 1.0)
    release = threading.Event()

    def hangs() -> None:
        release.wait(30)

    for name in doctor.CHECKS:
        monkeypatch.setitem(doctor.CHECKS, name, hangs)
    began = time.monotonic()

    findings = advice()
    release.set()

    assert set(findings) == set(doctor.CHECKS)
    assert time.monotonic() - began < 5


def test_a_wrong_smtp_password_is_reported(smtp: SmtpServer, settings: Settings) -> None:
    smtp.extensions.append("AUTH PLAIN LOGIN")
    smtp.answer("AUTH", "535 5.7.8 Username and Password not accepted", always=True)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk@example.com", "wrong"

    assert "535 5.7.8 Username and Password not accepted" in advice()["SMTP sign-in"]


def test_a_mail_server_that_hangs_is_reported_in_time(
    smtp: SmtpServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LIMIT_SECONDS", 1.0)
    hang = Hang()
    smtp.answer("connect", hang, always=True)

    advice_on_smtp = advice()["SMTP sign-in"]
    hang.let_go()

    assert advice_on_smtp.startswith("It did not answer within 1 s")


def test_a_full_disk_is_reported(monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer) -> None:
    usage = type("Usage", (), {"free": 5 * 1024**2})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _place: usage)  # type: ignore[attr-defined]  # a module

    assert advice()["disk"].endswith("5 MB are free.")


def test_clocks_that_differ_are_reported(monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer) -> None:
    real = timezone.now
    monkeypatch.setattr(doctor.timezone, "now", lambda: real() + timedelta(minutes=2))  # type: ignore[attr-defined]  # a module

    assert "120 s apart" in advice()["clock"]
