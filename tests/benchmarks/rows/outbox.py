"""The outbox to SMTP: one nudge, and a mail worker with its default concurrency."""

import os
import smtplib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from celery import Celery

from config.local.processes.ports import HOST, free_ports, is_listening
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey
from tests import processes
from tests.benchmarks.row import Pair, Row
from tests.database import connect
from tests.servers import Server
from tests.services import ENVIRONMENT

CONCURRENCY = 4  # MAIL_CONCURRENCY's default
_SENDER = "desk@servicedesk.example"
_PASSWORD = "only-for-measurements"
# A notice of usual size.
_CONTENT = (
    b"From: Desk <desk@servicedesk.example>\r\nTo: Requester <requester@example.com>\r\n"
    b"Subject: [#12345] We have received your request\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + (b"0KHQtdGA0LLQuNGBINC/0L7QtNC00LXRgNC20LrQuCDQv9C+0LvRg9GH0LjQuyDQstCw0Ygg0LfQ\r\n" * 30)
)
_FILL = """
    WITH requesters AS (
        INSERT INTO tickets_requester (email, name, created_at)
        SELECT format('r%%s-%%s@example.com', n, clock_timestamp()), '', now()
        FROM generate_series(1, %(count)s) AS n RETURNING id, email
    ), tickets AS (
        INSERT INTO tickets_ticket (requester_id, title, description, status, message_count,
                                    needs_attention, created_at, updated_at)
        SELECT id, 't', 'd', 'new', 0, false, now(), now() FROM requesters
        RETURNING id, requester_id
    ), steps AS (
        INSERT INTO tickets_historyentry (ticket_id, event, status_before, status_after, created_at)
        SELECT id, 'opened', '', 'new', now() FROM tickets RETURNING id, ticket_id
    )
    INSERT INTO mailing_outboundemail (kind, recipient, mailbox, ticket_id, history_entry_id,
        message_id_header, content, state, attempts, uncertain_attempts, next_attempt_at,
        smtp_reply, reason, trace, created_at, timeline)
    SELECT 'created', email, email, steps.ticket_id, steps.id,
        format('<%%s@servicedesk.example>', steps.id), %(content)s, 'queued', 0, 0, now(),
        '', '', md5(email), now(),
        '[{"state": "queued", "at": "2026-11-26T12:00:00Z", "attempt": 0, "smtp_code": null,
           "words": ""}]'::jsonb
    FROM steps JOIN tickets ON tickets.id = steps.ticket_id
    JOIN requesters ON requesters.id = tickets.requester_id
"""


@contextmanager
def _started(seconds_a_mail: float) -> Iterator[tuple[dict[str, str], int]]:
    """Start the services, a mail server and a mail worker; yield their settings, and its port."""
    with tempfile.TemporaryDirectory(prefix="servicedesk-bench-") as path, ExitStack() as started:
        folder = Path(path)
        ports = free_ports(3)
        postgres = Postgres(folder / "pg", port=ports[0], password=_PASSWORD, durable=True)
        valkey = Valkey(folder / "valkey", port=ports[1], password=_PASSWORD)
        started.callback(postgres.discard)
        for service in (postgres, valkey):
            server = Server(service)
            started.callback(server.stop)
            server.start()
        env = {
            **os.environ,
            **ENVIRONMENT,
            **postgres.env(),
            **valkey.env(),
            "EMAIL_PORT": str(ports[2]),
            "FILES_ROOT": str(folder / "files"),
            "STATIC_ROOT": str(folder / "static"),
        }
        sink = ("tests.benchmarks.smtp_sink", str(ports[2]), str(seconds_a_mail))
        started.enter_context(processes.running("sink", *sink, folder=folder, env=env))
        processes.wait_until(lambda: is_listening(ports[2]))
        with processes.running("setup", "config.local.setup", folder=folder, env=env) as setup:
            processes.wait_until(lambda: setup.exit_status() is not None, seconds=120)
            assert setup.exit_status() == 0, processes.log_of(setup)
        started.enter_context(processes.worker("outbox", folder=folder, env=env, size=CONCURRENCY))
        yield env, ports[2]


def _send_through_the_outbox(env: dict[str, str], count: int) -> float:
    """Queue so many mails, nudge the worker once, and return how many it sent in a second."""
    database = connect(env)
    with database.cursor() as cursor:
        cursor.execute(_FILL, {"count": count, "content": _CONTENT})
        cursor.execute("VACUUM ANALYZE")
        with Celery(broker=env["CELERY_BROKER_URL"]) as celery:
            began = time.monotonic()
            celery.send_task("outbound.work", queue="outbox")
            while _unsent(cursor):
                assert time.monotonic() - began < 600, "mail is left"
                time.sleep(0.02)
            seconds = time.monotonic() - began
    database.close()
    return count / seconds


def _unsent(cursor: Any) -> bool:
    cursor.execute("SELECT EXISTS (SELECT FROM mailing_outboundemail WHERE state <> 'sent')")
    return bool(cursor.fetchone()[0])


def _send_in_a_loop(port: int, count: int) -> float:
    """Send so many mails by smtplib over one connection; return how many in a second."""
    began = time.monotonic()
    with smtplib.SMTP(HOST, port) as server:
        for number in range(count):
            server.sendmail(_SENDER, [f"r{number}@example.com"], _CONTENT)
    return count / (time.monotonic() - began)


@contextmanager
def _quick_server(count: int) -> Iterator[Callable[[], Pair]]:
    with _started(seconds_a_mail=0) as (env, port):
        yield lambda: Pair(
            ours=_send_through_the_outbox(env, count), floor=_send_in_a_loop(port, count)
        )


@contextmanager
def _slow_server(count: int, seconds_a_mail: float) -> Iterator[Callable[[], Pair]]:
    with _started(seconds_a_mail) as (env, _port):
        yield lambda: Pair(
            ours=_send_through_the_outbox(env, count), floor=CONCURRENCY / seconds_a_mail
        )


ROWS = [
    Row(
        name="outbox",
        title="2,000 mails from the outbox to a mail server that answers at once, after one nudge",
        floor_title="a loop with smtplib over one connection",
        unit="mails/s",
        goal=0.5,
        higher_is_better=True,
        prepare=partial(_quick_server, 2000),
    ),
    Row(
        name="outbox-slow",
        title="200 mails from the outbox to a mail server that takes 200 ms, after one nudge",
        floor_title="four connections that are never idle",
        unit="mails/s",
        goal=0.95,
        higher_is_better=True,
        prepare=partial(_slow_server, 200, 0.2),
    ),
]
