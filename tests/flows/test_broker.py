"""Mail is accepted and processed although Redis stops, is emptied, or loses messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from config.local.processes.ports import free_ports
from config.local.processes.process import Process
from config.local.services.valkey import Valkey
from mailing.models import InboundEmail
from tasks import schedule
from tests import database, processes
from tests.factories import InboundEmailFactory, RequesterFactory
from tests.mail import build_mail
from tests.processes import wait_until
from tests.servers import Server
from tests.webhook import post_over_http, webhook_message
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@dataclass(frozen=True)
class Stack:
    """A web server, a worker of the inbox and beat, with a broker of their own."""

    url: str
    broker: Server
    worker: Process

    def post(self, *mails: tuple[str, bytes]) -> int:
        """Post mails, each with its id, and return the HTTP status."""
        call = [webhook_message(identifier, raw) for identifier, raw in mails]
        return post_over_http(self.url, call).status_code

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


def is_processed(external_id: str) -> bool:
    return InboundEmail.objects.filter(external_id=external_id, state="processed").exists()


def test_mail_is_accepted_while_redis_is_away_and_processed_when_it_is_back(stack: Stack) -> None:
    # Nobody nudges for a row that was written past the webhook: beat alone finds it.
    InboundEmailFactory.create(external_id="stuck", requester_address="olga@example.com")
    wait_until(lambda: is_processed("stuck"))

    stack.broker.stop()
    assert stack.post(("m1", build_mail()), ("m2", build_mail())) == 202
    assert stack.post(("m1", build_mail()), ("m3", build_mail("b@example.com"))) == 202

    assert InboundEmail.objects.filter(state="received").count() == 3
    stack.broker.start()
    wait_until(lambda: all(is_processed(name) for name in ("m1", "m2", "m3")), seconds=60)
    assert Ticket.objects.count() == 3

    assert stack.worker.exit_status() is None
    # Emptied, it has lost every nudge and Celery's own notes of the queues.
    InboundEmailFactory.create(external_id="unseen", requester_address="petr@example.com")
    stack.client().flushall()
    assert stack.post(("m4", build_mail("c@example.com"))) == 202
    wait_until(lambda: is_processed("m4") and is_processed("unseen"))
    assert Ticket.objects.count() == 5


def test_a_worker_that_holds_nudges_outlives_a_redis_that_goes_away(stack: Stack) -> None:
    # While the worker is busy, it prefetches beat's next nudges.
    busy = RequesterFactory.create(email="busy@example.com")
    with database.held_row("tickets_requester", busy.pk):
        assert stack.post(("m1", build_mail("busy@example.com"))) == 202
        wait_until(database.waiting_for_a_lock)
        assert stack.post(("m2", build_mail("olga@example.com"))) == 202
        wait_until(lambda: stack.client().hlen("unacked"))
        stack.broker.stop()
        wait_until(lambda: "Connection to broker lost" in processes.log_of(stack.worker))
    stack.broker.start()

    assert stack.post(("m3", build_mail("petr@example.com"))) == 202
    wait_until(lambda: all(is_processed(name) for name in ("m1", "m2", "m3")), seconds=60)
    assert stack.worker.exit_status() is None
    assert "Unrecoverable" not in processes.log_of(stack.worker)
