"""Call functions at the same time, each in its own thread and database connection."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")


def at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """Start all calls at one moment and return their results in order."""
    functions = list(calls)
    barrier = Barrier(len(functions))

    def run(call: Callable[[], T]) -> T:
        connection.ensure_connection()
        barrier.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(len(functions)) as threads:
        started = [threads.submit(then_disconnect, run, call) for call in functions]
        return [each.result() for each in started]


def then_disconnect(call: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call a function in a thread of its own, and close the thread's database connection."""
    try:
        return call(*args, **options)
    finally:
        connection.close()
