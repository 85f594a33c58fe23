"""Rows about intake: from mails that wait in the inbox to committed tickets with their notices."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from celery import Celery

from tests.benchmarks.desk import Desk, cpu_seconds, one_value, running_desk, seconds_while
from tests.benchmarks.floors.django_helpdesk import Helpdesk
from tests.benchmarks.mails import generate
from tests.benchmarks.row import Pair, Row, in_turns
from tests.database import connect
from tests.processes import running, worker

_MAILS, _SENDERS, _WORKERS = 5_000, 1_250, 2
_MAILS_OVER_WORKERS, _SENDERS_OVER_WORKERS, _OVER_WORKERS = 2_000, 500, (1, 2, 4)
_NEW_TICKETS = 600
_BEAT_SECONDS = 2  # beat wakes a worker that often

_WAITS = "SELECT EXISTS (SELECT 1 FROM mailing_inboundemail WHERE state = 'received')"
_PROCESSED = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'processed'"
_MESSAGES = "SELECT count(*) FROM tickets_message"
_TICKETS = "SELECT count(*) FROM tickets_ticket"
_NOTICES = "SELECT count(*) FROM mailing_outboundemail WHERE state = 'queued'"
_WAL_BYTES = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"


def _measure_intake(
    desk: Desk, inbox: str, *, mails: int, senders: int, workers: int
) -> tuple[float, dict[str, Any]]:
    """Return how many mails a second workers bring from a copy of an inbox to tickets."""
    with (
        desk.copy_of(inbox) as env,
        worker("inbox", folder=desk.new_folder(), env=env, size=workers) as process,
    ):
        broker, database = desk.new_broker_client(), connect(env)
        cpu, wal = cpu_seconds(process.pid), one_value(database, _WAL_BYTES)

        seconds = seconds_while(_mail_waits(database, broker, workers))

        figures = {
            "worker_cpu_ms_per_mail": (cpu_seconds(process.pid) - cpu) * 1000 / mails,
            "wal_bytes_per_mail": int(one_value(database, _WAL_BYTES) - wal) / mails,
        }
        # What is fast but incomplete would not count.
        expected = {_PROCESSED: mails, _MESSAGES: mails, _TICKETS: senders, _NOTICES: senders}
        found = {query: one_value(database, query) for query in expected}
        assert found == expected, found
        database.close()
    return mails / seconds, figures


def _mail_waits(database: Any, broker: Celery, workers: int) -> Callable[[], bool]:
    """Return a function that returns whether mail waits, and wakes the workers as beat does."""
    nudged_at = 0.0

    def mail_waits() -> bool:
        nonlocal nudged_at
        if time.monotonic() - nudged_at > _BEAT_SECONDS:
            nudged_at = time.monotonic()
            for _ in range(workers):
                broker.send_task("inbound.work", queue="inbox")
        return bool(one_value(database, _WAITS))

    return mail_waits


def _measure_nothing(desk: Desk, inbox: str, *, mails: int, workers: int) -> float:
    """Return how many tasks a second the same workers take from the broker and do nothing in."""
    options = ["-Q", "idle", "-P", "prefork", "-c", str(workers), "--loglevel", "info"]
    options += ["--without-mingle", "--without-gossip"]
    application = ("celery", "-A", "tests.benchmarks.floors.nothing", "worker", *options)
    with desk.copy_of(inbox) as env:
        broker = desk.new_broker_client()
        with running("floor", *application, folder=desk.new_folder(), env=env, ready=" ready."):
            for mail in range(mails):
                broker.send_task("benchmark.nothing", [mail], queue="nothing")
            broker.control.add_consumer("nothing")
            return mails / seconds_while(lambda: desk.has_tasks("nothing"))


@contextmanager
def _prepare_intake() -> Iterator[Callable[[], Pair]]:
    with running_desk() as desk:
        desk.new_inbox("inbox", generate(_MAILS, senders=_SENDERS))
        how = {"mails": _MAILS, "workers": _WORKERS}
        yield in_turns(
            partial(_measure_intake, desk, "inbox", senders=_SENDERS, **how),
            partial(_measure_nothing, desk, "inbox", **how),
        )


@contextmanager
def _prepare_over_workers() -> Iterator[Callable[[], Pair]]:
    with running_desk() as desk:
        mails, senders = _MAILS_OVER_WORKERS, _SENDERS_OVER_WORKERS
        desk.new_inbox("inbox", generate(mails, senders=senders))

        def measure() -> Pair:
            ours, floor = [], []
            for workers in _OVER_WORKERS:
                rate, _figures = _measure_intake(
                    desk, "inbox", mails=mails, senders=senders, workers=workers
                )
                ours.append((workers, rate))
                rate = _measure_nothing(desk, "inbox", mails=mails, workers=workers)
                floor.append((workers, rate))
            lines = {"mails to tickets": ours, "tasks that do nothing": floor}
            curve = {"x": "worker processes", "y": "a second", "lines": lines}
            return Pair(ours=ours[-1][1], floor=floor[-1][1], details={"curve": curve})

        yield measure


@contextmanager
def _prepare_new_tickets() -> Iterator[Callable[[], Pair]]:
    with running_desk() as desk:
        mails = generate(_NEW_TICKETS, senders=_NEW_TICKETS)
        helpdesk = Helpdesk(desk, mails)
        desk.new_inbox("inbox", mails)
        how = {"mails": _NEW_TICKETS, "senders": _NEW_TICKETS, "workers": 1}
        yield in_turns(partial(_measure_intake, desk, "inbox", **how), helpdesk.measure)


ROWS = [
    Row(
        name="intake",
        title=f"inbox to committed tickets, {_MAILS:,} mails of {_SENDERS:,} senders waiting, "
        f"{_WORKERS} worker processes",
        floor_title="Celery tasks that do nothing, one a mail, same workers and broker",
        unit="mails/s",
        goal=1.0,
        higher_is_better=True,
        prepare=_prepare_intake,
    ),
    Row(
        name="intake-new",
        title="one process, each mail a new ticket with its notice",
        floor_title="the intake of django-helpdesk 2.6.1 on the same mails",
        unit="mails/s",
        goal=8.0,
        higher_is_better=True,
        prepare=_prepare_new_tickets,
    ),
    Row(
        name="workers",
        title=f"inbox to committed tickets, {_OVER_WORKERS[-1]} worker processes",
        floor_title="Celery tasks that do nothing, one a mail, same workers and broker",
        unit="mails/s",
        goal=1.0,
        higher_is_better=True,
        prepare=_prepare_over_workers,
    ),
]
