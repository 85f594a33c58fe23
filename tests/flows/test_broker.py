"""Redis stopped, emptied, and nudges lost: mail is taken all the same, and worked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from config.local.processes.ports import free_ports
from config.local.processes.process import Process
from config.local.services.valkey import Valkey
from mailing.models import InboundEmail
from tasks import schedule
from tests import processes
from tests.factories import InboundEmailFactory, RequesterFactory
from tests.letters import WEBHOOK, item, letter, signed
from tests.processes import wait_until
from tests.servers import Server
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@dataclass(frozen=True)
class Stack:
    """A web server, a worker of the inbox and beat, with a broker of their own."""

    url: str
    broker: Server
    worker: Process

    def bring(self, content: list[dict[str, Any]]) -> int:
        body = json.dumps(content).encode()
        headers = {**signed(body), "Content-Type": "application/json"}
        return requests.post(self.url + WEBHOOK, body, headers=headers, timeout=30).status_code

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.broker.service.env()["CELERY_BROKER_URL"])


@pytest.fixture
def stack(transactional_db: None, tmp_path: Path) -> Iterator[Stack]:
    schedule.sync()
    valkey = Valkey(tmp_path / "valkey", port=free_ports(1)[0], password="pw", durable=False)
    broker = Server(valkey)
    broker.start()
    env = processes.environment(**valkey.env())
    try:
        with (
            processes.web(folder=tmp_path, env=env) as url,
            processes.worker("inbox", folder=tmp_path, env=env, size=1) as worker,
            processes.beat(folder=tmp_path, env=env),
        ):
            yield Stack(url, broker, worker)
    finally:
        broker.stop()


def worked(external_id: str) -> bool:
    return InboundEmail.objects.filter(external_id=external_id, state="processed").exists()


def test_mail_is_taken_while_redis_is_away_and_worked_when_it_is_back(stack: Stack) -> None:
    # Nobody nudges for a row that was written past the webhook: beat alone finds it.
    InboundEmailFactory.create(external_id="stuck", sender="olga@example.com")
    wait_until(lambda: worked("stuck"))

    stack.broker.stop()
    assert stack.bring([item("m1", letter()), item("m2", letter())]) == 202
    assert stack.bring([item("m1", letter()), item("m3", letter("b@example.com"))]) == 202

    assert InboundEmail.objects.filter(state="received").count() == 3
    stack.broker.start()
    wait_until(lambda: all(worked(name) for name in ("m1", "m2", "m3")), seconds=60)
    assert Ticket.objects.count() == 3

    assert stack.worker.exit_status() is None
    # Emptied, it has lost every nudge and Celery's own notes of the queues.
    InboundEmailFactory.create(external_id="unseen", sender="petr@example.com")
    stack.client().flushall()
    assert stack.bring([item("m4", letter("c@example.com"))]) == 202
    wait_until(lambda: worked("m4") and worked("unseen"))
    assert Ticket.objects.count() == 5


def test_a_worker_that_holds_nudges_outlives_a_redis_that_goes_away(stack: Stack) -> None:
    # While the worker is busy, beat's next nudges wait in its hands.
    busy = RequesterFactory.create(email="busy@example.com")
    with processes.held_row("tickets_requester", busy.pk):
        assert stack.bring([item("m1", letter("busy@example.com"))]) == 202
        wait_until(processes.waiting_for_a_lock)
        assert stack.bring([item("m2", letter("olga@example.com"))]) == 202
        wait_until(lambda: stack.client().hlen("unacked"))
        stack.broker.stop()
        wait_until(lambda: "Connection to broker lost" in processes.log_of(stack.worker))
    stack.broker.start()

    assert stack.bring([item("m3", letter("petr@example.com"))]) == 202
    wait_until(lambda: all(worked(name) for name in ("m1", "m2", "m3")), seconds=60)
    assert stack.worker.exit_status() is None
    assert "Unrecoverable" not in processes.log_of(stack.worker)
