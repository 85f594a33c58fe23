"""The doctor names each thing that is wrong, whatever else is."""

import json
import subprocess
import sys
import threading
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings

from config.monitoring import doctor
from mailing.models import Pulse
from mailing.monitoring import heartbeats
from tests import processes
from tests.smtp_server import Hang, SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_WORKERS_SECONDS", 0.5)


def advice() -> dict[str, str]:
    return {one.name: one.advice for one in doctor.examine() if one.advice}


@pytest.mark.slow
def test_all_is_well(smtp: SmtpServer, tmp_path: Any, settings: Settings) -> None:
    settings.FILES_ROOT = str(tmp_path / "files")
    heartbeats.give_time()
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


def test_what_is_wrong_is_told_and_the_status_says_so(smtp: SmtpServer) -> None:
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=out)

    told = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert told["ok"] is False
    assert set(told["checks"]) == set(doctor.CHECKS)
    assert told["checks"]["database"] == {"ok": True, "advice": ""}
    assert told["checks"]["workers"]["advice"].startswith("Start a worker for inbox and outbox")
    assert told["checks"]["beat"]["advice"].startswith("Start beat")


def test_each_trouble_has_its_sentence(settings: Settings, tmp_path: Any) -> None:
    MigrationRecorder.Migration.objects.filter(app="mailing").order_by("-id")[:1].get().delete()
    Pulse.objects.create(name="script", at=timezone.now() - timedelta(minutes=30))
    settings.CELERY_BROKER_URL = "redis://:hidden@127.0.0.1:1/0"
    settings.EMAIL_PORT = 1
    settings.WEBHOOK_SECRETS = [b"a" * 32]
    (tmp_path / "file").touch()
    settings.FILES_ROOT = str(tmp_path / "file" / "files")

    told = advice()

    assert told["migrations"] == "Run manage.py migrate."
    assert told["Redis"].startswith("Start Redis, and check CELERY_BROKER_URL (")
    assert told["SMTP sign-in"].startswith("Check EMAIL_HOST, EMAIL_PORT")
    assert told["webhook secret"].startswith("Replace the secret in WEBHOOK_SECRETS")
    assert told["script heartbeat"].endswith("it has not called for 30 minutes.")
    assert "where files lie (NotADirectoryError)" in told["files"]
    assert not {"database", "clock", "disk"} & set(told)
    assert "hidden" not in str(told)


@pytest.mark.slow
def test_without_redis_it_says_sentences_and_no_traceback(
    smtp: SmtpServer, settings: Settings
) -> None:
    env = processes.environment(
        EMAIL_PORT=str(smtp.port), CELERY_BROKER_URL="redis://127.0.0.1:1/0"
    )

    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        env=env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    checks = json.loads(done.stdout)["checks"]
    assert (done.returncode, done.stderr) == (1, "")
    assert checks["Redis"]["advice"].startswith("Start Redis")
    assert checks["workers"]["advice"] == "Not known without Redis."


def test_a_check_that_breaks_is_told_like_any_other(
    smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks() -> None:
        raise LookupError("words that may quote anything")

    monkeypatch.setitem(doctor.CHECKS, "clock", breaks)

    told = advice()

    assert told["clock"] == "It cannot be examined (LookupError): look at its log."


def test_all_that_hangs_together_costs_the_limit_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LIMIT_SECONDS", 1.0)
    let_go = threading.Event()

    def hangs() -> None:
        let_go.wait(30)

    for name in doctor.CHECKS:
        monkeypatch.setitem(doctor.CHECKS, name, hangs)
    began = time.monotonic()

    told = advice()
    let_go.set()

    assert set(told) == set(doctor.CHECKS)
    assert time.monotonic() - began < 5


def test_a_wrong_password_is_told(smtp: SmtpServer, settings: Settings) -> None:
    smtp.extensions.append("AUTH PLAIN LOGIN")
    smtp.answer("AUTH", "535 5.7.8 Username and Password not accepted", always=True)
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "desk@example.com", "wrong"

    assert "535 5.7.8 Username and Password not accepted" in advice()["SMTP sign-in"]


def test_what_hangs_is_told_in_time(
    smtp: SmtpServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LIMIT_SECONDS", 1.0)
    hang = Hang()
    smtp.answer("connect", hang, always=True)

    told = advice()["SMTP sign-in"]
    hang.let_go()

    assert told.startswith("It did not answer within 1 s")


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer) -> None:
    usage = type("Usage", (), {"free": 5 * 1024**2})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _place: usage)  # type: ignore[attr-defined]  # a module

    assert advice()["disk"].endswith("5 MB are free.")


def test_clocks_that_differ_are_told(monkeypatch: pytest.MonkeyPatch, smtp: SmtpServer) -> None:
    real = timezone.now
    monkeypatch.setattr(doctor.timezone, "now", lambda: real() + timedelta(minutes=2))  # type: ignore[attr-defined]  # a module

    assert "120 s apart" in advice()["clock"]
