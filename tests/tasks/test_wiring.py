"""What wakes the workers, and that a broker that is away costs nobody anything."""

import json
import multiprocessing
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mailing.inbound import worker
from mailing.models import InboundEmail, OutboundEmail
from mailing.signals import inbound_stored, outbound_queued
from operators.models import Operator
from tasks import inbound, outbound, wiring
from tasks.inbound import work_inbox
from tasks.maintenance import clear_sessions, release_orphans
from tasks.outbound import work_outbox
from tests import smtp_server
from tests.factories import InboundEmailFactory, OutboundEmailFactory
from tests.mail import build_mail
from tests.processes import wait_until
from tests.webhook import post_mails
from tickets import services
from tickets.models import Ticket


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that are nudged, in place of the nudges."""
    names: list[str] = []
    monkeypatch.setattr(wiring, "nudge", lambda task: names.append(task))
    return names


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    client.delete("inbox", "outbox")
    yield client
    client.delete("inbox", "outbox")
    client.close()


@pytest.mark.django_db(transaction=True)
def test_each_step_of_a_request_nudges_its_queue(nudged: list[str], operator: Operator) -> None:
    post_mails(build_mail(), build_mail())
    assert nudged == ["inbound.work"]
    worker.work_inbox(until=timezone.now() + timedelta(seconds=10))
    assert nudged == ["inbound.work", "outbound.work"]

    services.take_ticket(ticket_id=Ticket.objects.get().pk, by=operator)

    assert nudged == ["inbound.work", "outbound.work", "outbound.work"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("signal", "sender", "name"),
    [
        (inbound_stored, InboundEmail, "inbound.work"),
        (outbound_queued, OutboundEmail, "outbound.work"),
    ],
)
def test_nobody_is_nudged_before_the_commit_or_after_a_rollback(
    nudged: list[str], signal: Any, sender: type, name: str
) -> None:
    with transaction.atomic():
        signal.send(sender=sender)
        assert nudged == []
    assert nudged == [name]

    with transaction.atomic():
        signal.send(sender=sender)
        transaction.set_rollback(True)

    assert nudged == [name]


def test_a_nudge_is_a_message_that_expires_in_its_own_queue(broker: redis.Redis) -> None:
    wiring.nudge(wiring.INBOX)
    wiring.nudge(wiring.OUTBOX)

    wait_until(lambda: broker.llen("inbox") and broker.llen("outbox"))
    headers = json.loads(broker.lindex("inbox", 0) or "")["headers"]
    assert headers["task"] == "inbound.work"
    left = datetime.fromisoformat(headers["expires"]) - timezone.now()
    assert timedelta(seconds=30) < left <= timedelta(seconds=60)


def test_nudges_that_follow_at_once_are_published_as_one(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "NUDGE_INTERVAL_SECONDS", 0.5)
    wiring.nudge(wiring.INBOX)
    wait_until(lambda: broker.llen("inbox"))

    for _ in range(20):
        wiring.nudge(wiring.INBOX)

    assert broker.llen("inbox") == 1
    wait_until(lambda: broker.llen("inbox") == 2)
    time.sleep(0.7)
    assert broker.llen("inbox") == 2


def test_a_nudger_that_has_died_is_replaced(broker: redis.Redis) -> None:
    wiring.nudge(wiring.INBOX)
    wait_until(lambda: broker.llen("inbox"))

    # A fork takes the threads of its parent for alive that it does not have.
    child = multiprocessing.get_context("fork").Process(target=nudge_outbox_and_linger)
    child.start()
    try:
        wait_until(lambda: broker.llen("outbox"))
    finally:
        child.kill()
        child.join()


def nudge_outbox_and_linger() -> None:
    wiring.nudge(wiring.OUTBOX)
    time.sleep(30)


def app_with_broker(broker_url: str) -> Celery:
    """Return an application with our settings and another broker."""
    app = Celery("other", set_as_current=False)
    app.conf.update(
        broker_write_url=broker_url,  # CELERY_BROKER_URL in the environment beats `broker_url`
        task_publish_retry_policy=settings.CELERY_TASK_PUBLISH_RETRY_POLICY,
        broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        task_ignore_result=True,
    )

    return app


def test_a_broker_that_is_away_is_logged_and_left_to_beat(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "current_app", app_with_broker("redis://127.0.0.1:1/0"))

    wiring.publish_nudge(wiring.INBOX)

    assert "nudge_failed" in caplog.text


def test_a_broker_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    silence = smtp_server.Hang()
    with smtp_server.running() as hanging:
        hanging.answer("connect", silence, always=True)
        app = app_with_broker(f"redis://127.0.0.1:{hanging.port}/0")
        monkeypatch.setattr(wiring, "current_app", app)

        callers = [threading.Thread(target=wiring.nudge, args=[wiring.INBOX]) for _ in range(20)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(5)

        assert not any(caller.is_alive() for caller in callers)
        wait_until(silence.reached.is_set)


@pytest.mark.django_db(transaction=True)
def test_the_tasks_work_inbox_and_outbox(broker: redis.Redis) -> None:
    InboundEmailFactory.create()

    work_inbox()

    assert InboundEmail.objects.get().state == "processed"
    assert broker.llen("inbox") == 0
    work_outbox()
    assert OutboundEmail.objects.get().state == "queued"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_finds_a_full_batch_wakes_one_other(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailing.inbound.queue.BATCH", 2)
    for number in range(5):
        InboundEmailFactory.create(requester_address=f"{number}@example.com")

    work_inbox()

    assert set(InboundEmail.objects.values_list("state", flat=True)) == {"processed"}
    wait_until(lambda: broker.llen("inbox") == 1)


@pytest.mark.django_db(transaction=True)
def test_what_a_task_has_no_time_for_is_for_the_next_one(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    OutboundEmailFactory.create()
    InboundEmailFactory.create()
    monkeypatch.setattr(inbound, "BUDGET", timedelta(0))
    monkeypatch.setattr(outbound, "BUDGET", timedelta(0))
    monkeypatch.setattr("mailing.outbound.worker.work_outbox", lambda **options: 3)

    work_inbox()
    work_outbox()

    assert InboundEmail.objects.get().state == "received"
    assert broker.llen("outbox") == 1


@pytest.mark.django_db
def test_the_tasks_free_what_dead_workers_held_and_forget_old_sessions(
    broker: redis.Redis,
) -> None:
    row = OutboundEmailFactory.create(
        state="sending", lease_expires_at=timezone.now() - timedelta(seconds=1)
    )

    held = InboundEmailFactory.create(
        lease_holder=uuid4(), lease_expires_at=timezone.now() + timedelta(seconds=20)
    )

    release_orphans()
    clear_sessions()

    row.refresh_from_db()
    held.refresh_from_db()
    assert (row.state, held.lease_holder) == ("uncertain", None)
    assert broker.llen("inbox") == 1  # somebody else takes the mail at once
