"""The results of rows, kept as JSON, so that a run of one row replaces only that row's."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.row import Pair, Row


@dataclass(frozen=True)
class Result:
    """The pairs of a row, or in `problem` the sentence that says why there are none."""

    name: str
    title: str
    floor_title: str
    unit: str
    goal: float
    higher_is_better: bool
    measured_at: str
    machine: str
    loads: list[float]  # the load average of the last minute, before each pair
    pairs: list[Pair]
    problem: str

    @property
    def ours(self) -> float:
        return median(pair.ours for pair in self.pairs)

    @property
    def floor(self) -> float:
        return median(pair.floor for pair in self.pairs)

    @property
    def ratio(self) -> float:
        return median(pair.ratio for pair in self.pairs)

    @property
    def passes(self) -> bool:
        if self.higher_is_better:
            return self.ratio >= self.goal
        return self.ratio <= self.goal


def result_of(
    row: Row, *, measured_at: str, measured: list[tuple[float, Pair]], problem: str
) -> Result:
    """Return the result of a row from its load averages and pairs."""
    return Result(
        name=row.name,
        title=row.title,
        floor_title=row.floor_title,
        unit=row.unit,
        goal=row.goal,
        higher_is_better=row.higher_is_better,
        measured_at=measured_at,
        machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}",
        loads=[load for load, _pair in measured],
        pairs=[pair for _load, pair in measured],
        problem=problem,
    )


def read(path: Path) -> dict[str, Result]:
    """Return the results in a file by the names of their rows; none if there is no file."""
    if not path.is_file():
        return {}
    return {name: _from_json(values) for name, values in json.loads(path.read_text()).items()}


def write(path: Path, results: dict[str, Result]) -> None:
    """Write results into a file, each in a line of its own."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(asdict(result), ensure_ascii=False)}"
        for name, result in results.items()
    )
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _from_json(values: dict[str, Any]) -> Result:
    return Result(**{**values, "pairs": [Pair(**pair) for pair in values["pairs"]]})
