"""Measure rows, each in a process of its own, so that none finds what another has left behind."""

import multiprocessing
import os
import pkgutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing.connection import Connection
from types import FrameType

from tests.benchmarks import rows
from tests.benchmarks.results import Result, result_of
from tests.benchmarks.row import NotMeasurable, Pair, Row

Measured = tuple[float, Pair]


def all_rows() -> dict[str, Row]:
    """Return the rows of all modules in `tests/benchmarks/rows/` by their names."""
    modules = [
        import_module(f"{rows.__name__}.{m.name}") for m in pkgutil.iter_modules(rows.__path__)
    ]
    return {row.name: row for module in modules for row in module.ROWS}


def measure(row: Row, *, pairs: int, on_pair: Callable[[], None]) -> Result:
    """Measure a row and return its result; raise RuntimeError if its process fails."""
    began = datetime.now(UTC)
    spawn = multiprocessing.get_context("spawn")
    reader, writer = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_measure_pairs, args=(row.name, pairs, writer))
    process.start()
    writer.close()
    measured: list[Measured] = []
    problem = ""
    try:
        while True:
            received = reader.recv()
            if isinstance(received, str):
                problem = received
            else:
                measured.append(received)
                on_pair()
    except EOFError:
        process.join()
    finally:
        if process.is_alive():
            process.terminate()
            process.join()
    if process.exitcode and not problem:
        raise RuntimeError(f"{row.name} ended with status {process.exitcode}")
    return result_of(row, measured_at=f"{began:%Y-%m-%d %H:%M}", measured=measured, problem=problem)


def _measure_pairs(name: str, pairs: int, results: "Connection[str | Measured, object]") -> None:
    signal.signal(signal.SIGTERM, _stop)
    try:
        with all_rows()[name].prepare() as measure_pair:
            for _ in range(pairs):
                load = os.getloadavg()[0]
                results.send((load, measure_pair()))
    except NotMeasurable as problem:
        results.send(str(problem))


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)
