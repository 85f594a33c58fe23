"""A claim with many mails waiting or scheduled, beside one with few."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks import filling, filling_outbox
from tests.benchmarks.databases import databases
from tests.benchmarks.row import Pair, Row
from tests.paths import ROOT

_WAITING = {"large": 200_000, "small": 20_000}
_PROCESSED = 100_000
_SCHEDULED = {"large": 100_000, "small": 1_000}
_TICKETS = 20_000
_SENT = 10_000
_DUE = 1_000
_REPEATS = 30


@contextmanager
def _prepare(queue: str, fill: Callable[[str, Any], None]) -> Iterator[Callable[[], Pair]]:
    """Claim from a queue in a database named "large", and in one named "small".

    fill: called with the name and a cursor.
    """
    with databases() as made:
        claimers = {}
        try:
            for name in ("large", "small"):
                made.make(name, partial(fill, name))
                claimers[name] = subprocess.Popen(
                    [sys.executable, "-m", "tests.benchmarks.claiming", queue],
                    cwd=ROOT,
                    env=made.env(name),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )

            def measure() -> Pair:
                times: dict[str, list[float]] = {name: [] for name in claimers}
                for _ in range(_REPEATS):
                    for name, claimer in claimers.items():
                        times[name].append(_claim(claimer))
                medians = {name: median(spent) for name, spent in times.items()}
                return Pair(medians["large"], medians["small"], details={"times": times})

            yield measure
        finally:
            for claimer in claimers.values():
                claimer.kill()
                claimer.communicate()


def _claim(claimer: "subprocess.Popen[str]") -> float:
    assert claimer.stdin is not None
    assert claimer.stdout is not None
    claimer.stdin.write("\n")
    claimer.stdin.flush()
    return float(claimer.stdout.readline())


def _fill_inbox(name: str, cursor: Any, *, of_one_sender: bool = False) -> None:
    filling.fill_inbox(cursor, _PROCESSED)
    filling.fill_waiting(cursor, _WAITING[name], of_one_sender=of_one_sender)


def _fill_outbox(name: str, cursor: Any) -> None:
    filling.fill_operators(cursor)
    filling.fill_tickets(cursor, _TICKETS)
    filling_outbox.fill_outbox(cursor, _SENT)
    filling_outbox.fill_scheduled(cursor, _SCHEDULED[name])
    filling_outbox.fill_due(cursor, _DUE, after=_TICKETS - _DUE)  # tickets without other mail


def _row(
    name: str, title: str, floor_title: str, queue: str, fill: Callable[[str, Any], None]
) -> Row:
    return Row(
        name=name,
        title=title,
        floor_title=floor_title,
        unit="ms",
        goal=1.3,
        higher_is_better=False,
        prepare=partial(_prepare, queue, fill),
    )


ROWS = [
    _row(
        "claim",
        "a claim with 200,000 mails waiting, of 5,000 senders",
        "the same with 20,000",
        "inbox",
        _fill_inbox,
    ),
    _row(
        "claim-held",
        "a claim with 200,000 mails waiting, nearly all of one held sender",
        "the same with 20,000",
        "inbox",
        partial(_fill_inbox, of_one_sender=True),
    ),
    _row(
        "claim-scheduled",
        "a claim of 64 outgoing mails beside 100,000 that are scheduled",
        "the same beside 1,000",
        "outbox",
        _fill_outbox,
    ),
]
