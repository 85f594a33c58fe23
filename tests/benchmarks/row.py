"""A row of the table of `make bench`: the service and a floor, measured in turns in one run.

A row is defined in a module of `tests/benchmarks/rows/`, in its list ROWS. The module is imported
without Django's settings, and each row is measured in a process of its own.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from typing import Any


class NotMeasurable(Exception):
    """A row cannot be measured on this machine; the message is a sentence that says why."""


@dataclass(frozen=True)
class Pair:
    """One measurement of the service and, right after or before it, one of its floor."""

    ours: float
    floor: float
    # Further figures for the JSON. Of these `tests/benchmarks/plots.py` draws two:
    # "curve": {"x": title, "y": title, "lines": {name: [[x, y], …]}}, and
    # "latencies": {name: [milliseconds, …]}.
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.ours / self.floor


@dataclass(frozen=True)
class Row:
    """What is measured, its floor, and the ratio of ours to the floor that is the goal."""

    name: str  # as ONLY=name selects it
    title: str
    floor_title: str
    unit: str
    goal: float
    higher_is_better: bool
    # Starts what the row needs and stops it in the end; the value measures one pair.
    prepare: Callable[[], AbstractContextManager[Callable[[], Pair]]]


def in_turns(
    ours: Callable[[], tuple[float, dict[str, Any]]], floor: Callable[[], float]
) -> Callable[[], Pair]:
    """Return a function that measures a pair, and begins with the other one each time.

    ours: returns the figure and the details of the pair.
    """
    numbers = count()

    def measure() -> Pair:
        if next(numbers) % 2:
            floor_figure = floor()
            figure, details = ours()
        else:
            figure, details = ours()
            floor_figure = floor()
        return Pair(ours=figure, floor=floor_figure, details=details)

    return measure
