"""The row of the latency: one mail on an idle desk, from the webhook call to the SMTP server's 250.

The floor is one round trip of a Celery task that does nothing, and one SMTP transaction.
"""

import smtplib
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from celery import Celery

from config.local.processes.ports import HOST
from config.local.stack import Stack
from tests.benchmarks.local_stack import bare_worker, running_stack
from tests.benchmarks.row import Pair, Row
from tests.mail import build_mail

_MAILS = 30
_PAUSE_SECONDS = 0.15  # so that the desk is idle again
_numbers = count()


@dataclass(frozen=True)
class _Latencies:
    """Seconds, sorted."""

    seconds: list[float]

    def milliseconds(self, percent: int) -> float:
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percent - 1] * 1000


def _deliver_one(stack: Stack) -> float:
    """Post a mail and wait until the mail server has stored its notice; return the seconds."""
    assert stack.mail_server is not None
    arrived = stack.mail_server.maildir / "new"
    before = len(list(arrived.iterdir())) if arrived.exists() else 0
    number = next(_numbers)
    raw = build_mail(f"sender{number}@example.com", message_id=f"<m{number}@example.com>")
    mail = (f"m{number}", int(time.time() * 1000), raw)
    began = time.perf_counter()
    answer = stack.api().post_mails(stack.settings["WEBHOOK_SECRETS"], [mail])
    assert answer.status == 202, answer
    # The mail server makes the file just before it answers 250.
    while not arrived.exists() or len(list(arrived.iterdir())) == before:
        assert time.perf_counter() - began < 30, "nothing was sent"
        time.sleep(0.0005)
    return time.perf_counter() - began


def _round_trip(stack: Stack, client: Any) -> float:
    """Have a task done that does nothing, and send a mail; return the seconds."""
    assert stack.mail_server is not None
    content = build_mail()
    began = time.perf_counter()
    client.send_task("bare.nothing").get(timeout=30, interval=0.0005)
    with smtplib.SMTP(HOST, stack.mail_server.port, local_hostname="localhost") as smtp:
        smtp.sendmail("desk@x.example", ["ivan@example.com"], content)
    return time.perf_counter() - began


def _several(once: Callable[[], float]) -> _Latencies:
    seconds = []
    for _ in range(_MAILS):
        time.sleep(_PAUSE_SECONDS)
        seconds.append(once())
    return _Latencies(sorted(seconds))


@contextmanager
def _prepare(*, percent: int) -> Iterator[Callable[[], Pair]]:
    with running_stack() as (stack, _supervisor), bare_worker(stack):
        url = stack.settings["CELERY_BROKER_URL"]
        client = Celery("bare", broker=url, backend=url, set_as_current=False)
        client.conf.task_default_queue = "bare"

        def measure() -> Pair:
            ours = _several(partial(_deliver_one, stack))
            floor = _several(partial(_round_trip, stack, client))
            latencies = {
                name: [seconds * 1000 for seconds in side.seconds]
                for name, side in (("the service", ours), ("the floor", floor))
            }
            return Pair(
                ours.milliseconds(percent), floor.milliseconds(percent), {"latencies": latencies}
            )

        for _ in range(5):
            _deliver_one(stack)
            _round_trip(stack, client)
        yield measure


ROWS = [
    Row(
        name=name,
        title=f"one mail on an idle desk, from the webhook call to SMTP's 250: {what}",
        floor_title="one do-nothing Celery round trip and one SMTP transaction",
        unit="ms",
        goal=goal,
        higher_is_better=False,
        prepare=partial(_prepare, percent=percent),
    )
    for name, what, percent, goal in (
        ("latency", "median", 50, 4.0),
        ("latency-p95", "95th percentile", 95, 6.0),
    )
]
