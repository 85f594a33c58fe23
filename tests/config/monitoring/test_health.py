"""`/healthz` for the process, and `/readyz` with the reasons why mail may not flow."""

import os
import signal
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from mailing.outbound import pause
from tests.webhook import RECONCILE, post_to_webhook


def problems_of(answer: Any) -> list[str]:
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"status", "problems"}
    assert body["status"] == "unavailable"
    problems: list[str] = body["problems"]
    return problems


def test_healthz_queries_nothing(client: Client, django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer.headers["Cache-Control"]


def test_readyz_is_200_when_nothing_is_wrong(client: Client, db: None) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": []})
    assert "no-store" in answer.headers["Cache-Control"]


def test_missing_migrations_are_reported(client: Client, db: None) -> None:
    MigrationRecorder.Migration.objects.filter(app="mailing").order_by("-id")[:1].get().delete()

    assert problems_of(client.get("/readyz")) == [
        "The database lacks migrations: run manage.py migrate."
    ]


def test_a_paused_outbox_is_reported_with_its_reason(client: Client, db: None) -> None:
    pause.begin("535 5.7.8 Username and Password not accepted", about_us=True)
    paused = pause.current()

    assert paused is not None
    assert problems_of(client.get("/readyz")) == [
        f"Mail does not go out since {paused.since.isoformat()}: "
        "535 5.7.8 Username and Password not accepted"
    ]


def test_an_unreachable_redis_is_reported(client: Client, settings: Settings, db: None) -> None:
    settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert problems_of(answer) == ["Redis does not answer (ConnectionError)."]
    assert b"secret" not in answer.content


def test_an_unreachable_rabbitmq_is_reported(client: Client, settings: Settings, db: None) -> None:
    settings.CELERY_BROKER_URL = "amqp://desk:secret@127.0.0.1:1/desk"
    settings.USES_RABBITMQ = True

    answer = client.get("/readyz")

    assert problems_of(answer) == ["RabbitMQ does not answer (ConnectionRefusedError)."]
    assert b"secret" not in answer.content


@pytest.mark.parametrize("failure", [OperationalError, InterfaceError, DatabaseError])
def test_an_unreachable_database_is_reported(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise failure("connection to server at 10.0.0.5, user servicedesk: failed")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", fail)
        answer = client.get("/readyz")

    assert problems_of(answer) == [f"The database does not answer ({failure.__name__})."]
    assert b"10.0.0.5" not in answer.content


def test_all_problems_are_reported_at_once(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", fail)
        answer = client.get("/readyz")

    assert len(problems_of(answer)) == 2


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_checks_and_metrics_are_served_without_tls(
    client: Client, db: None, settings: Settings, path: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.get(path).status_code == 200
    assert client.get("/").status_code == 301


def test_a_script_that_is_silent_for_half_an_hour_is_reported(client: Client, db: None) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert post_to_webhook({"ids": []}, path=RECONCILE).status_code == 200
        assert client.get("/readyz").status_code == 200
        clock.shift(timedelta(minutes=30))

        assert problems_of(client.get("/readyz")) == ["The Apps Script has not called for 30 min."]
        assert post_to_webhook({"ids": []}, path=RECONCILE).status_code == 200
        assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_readyz_does_not_wait_for_a_database_connection_that_hangs(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    resume = threading.Timer(10, os.kill, (backend, signal.SIGCONT))
    resume.start()

    os.kill(backend, signal.SIGSTOP)
    answer = client.get("/readyz")
    has_waited = resume.finished.is_set()
    resume.cancel()
    os.kill(backend, signal.SIGCONT)

    # Only that connection's process hung; a new connection works.
    assert (answer.status_code, has_waited) == (200, False)
