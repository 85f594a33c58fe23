"""Call functions at the same time, each in its own thread and database connection."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Start all calls at one moment and return their results in order."""
    functions = list(calls)
    barrier = Barrier(len(functions))

    def run(call: Callable[[], T]) -> T:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as threads:
        return list(threads.map(run, functions))
