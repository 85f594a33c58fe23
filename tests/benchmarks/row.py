"""A row of the table of `make bench`: the service and a floor, measured in turns in one run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Pair:
    """One measurement of the service and, right after or before it, one of its floor."""

    ours: float
    floor: float
    # Further figures for the plots and the JSON, such as percentiles or lists of latencies.
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
