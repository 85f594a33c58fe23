"""A claim with 200,000 mails waiting, beside one with 20,000."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

from tests.benchmarks import filling
from tests.benchmarks.databases import databases
from tests.benchmarks.row import Pair, Row
from tests.paths import ROOT

SIZES = {"large": 200_000, "small": 20_000}
_PROCESSED = 100_000
_REPEATS = 30


@contextmanager
def _prepare(of_one_sender: bool) -> Iterator[Callable[[], Pair]]:
    with databases() as made:
        claimers = {}
        try:
            for name, size in SIZES.items():
                waiting = partial(filling.fill_waiting, mails=size, of_one_sender=of_one_sender)
                made.make(name, partial(filling.fill_inbox, processed=_PROCESSED), waiting)
                claimers[name] = subprocess.Popen(
                    [sys.executable, "-m", "tests.benchmarks.claiming"],
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


def _row(name: str, of: str, *, of_one_sender: bool) -> Row:
    return Row(
        name=name,
        title=f"a claim with 200,000 mails waiting, {of}",
        floor_title="the same with 20,000",
        unit="ms",
        goal=1.3,
        higher_is_better=False,
        prepare=partial(_prepare, of_one_sender),
    )


ROWS = [
    _row("claim", "of 5,000 senders", of_one_sender=False),
    _row("claim-held", "nearly all of one held sender", of_one_sender=True),
]
