"""Rows of the memory: a process of each part beside a bare program of its kind, and its growth."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import psutil

from tests.benchmarks.http_load import send_all
from tests.benchmarks.local_stack import bare_worker, query, running_stack
from tests.benchmarks.row import Pair, Row
from tests.benchmarks.rows.webhook import bare_web, call_with

_SETTLE_SECONDS = 10.0
_MAILS = 20_000
_MAILS_OF_A_CALL = 100
_WORK_SECONDS = 1800.0


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of a program's largest child, or of itself if it has none."""
    first = psutil.Process(pid)
    return float(max(each.memory_info().rss for each in first.children() or [first]) / 1e6)


def own_megabytes(pid: int) -> float:
    """Return the memory of a program and its children; shared pages count once (PSS)."""
    first = psutil.Process(pid)
    everyone = [first, *first.children(recursive=True)]
    return float(sum(each.memory_full_info().pss for each in everyone) / 1e6)


@contextmanager
def _prepare_idle(*, part: str) -> Iterator[Callable[[], Pair]]:
    with running_stack() as (stack, supervisor):
        bare: dict[str, Callable[[], AbstractContextManager[Any]]] = {
            "web": partial(bare_web, stack),
            "inbox": partial(bare_worker, stack, "prefork"),
            "mail": partial(bare_worker, stack, "threads"),
        }
        with bare[part]() as floor:
            time.sleep(_SETTLE_SECONDS)
            yield lambda: Pair(
                resident_megabytes(supervisor.pid(part)), resident_megabytes(floor.pid)
            )


@contextmanager
def _prepare_growth() -> Iterator[Callable[[], Pair]]:
    with running_stack() as (stack, supervisor):

        def work(mails: int) -> None:
            calls = mails // _MAILS_OF_A_CALL
            secret = stack.settings["WEBHOOK_SECRETS"]
            requests = [call_with(_MAILS_OF_A_CALL, secret=secret) for _ in range(calls)]
            send_all(stack.port, requests, clients=4, status=202)
            deadline = time.monotonic() + _WORK_SECONDS
            # The outbox is not waited for: notices are limited to a number an hour.
            while query(
                stack, "SELECT 1 FROM mailing_inboundemail WHERE state = 'received' LIMIT 1"
            ):
                assert time.monotonic() < deadline, "the mail was not processed"
                time.sleep(0.5)

        def measure() -> Pair:
            parts = ("web", "inbox", "mail")
            before = {part: own_megabytes(supervisor.pid(part)) for part in parts}
            work(_MAILS)
            after = {part: own_megabytes(supervisor.pid(part)) for part in parts}
            worst = max(parts, key=lambda part: after[part] / before[part])
            return Pair(after[worst], before[worst], {"before": before, "after": after})

        work(1000)  # so that every process has worked before
        time.sleep(_SETTLE_SECONDS)
        yield measure


ROWS = [
    *(
        Row(
            name=f"memory-{part}",
            title=f"resident memory of {title}, idle",
            floor_title=floor_title,
            unit="MB",
            goal=1.5,
            higher_is_better=False,
            prepare=partial(_prepare_idle, part=part),
        )
        for part, title, floor_title in (
            ("web", "a process of web", "the bare Django view in gunicorn"),
            ("inbox", "a process of the inbox worker", "a process of a bare Celery worker"),
            ("mail", "the mail worker", "a bare Celery worker with threads"),
        )
    ),
    Row(
        name="memory-growth",
        title="memory (PSS) of the part that grew most, after 20,000 mails",
        floor_title="the same part before",
        unit="MB",
        goal=1.1,
        higher_is_better=False,
        prepare=_prepare_growth,
    ),
]
