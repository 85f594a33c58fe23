"""How PostgreSQL reads the queries of a request: how many rows, and by which indexes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def rows_read() -> Iterator[list[float]]:
    """Collect how many rows each step of the plans reads, of all queries in the block.

    A scan or a sort of a large table shows as many rows as the table has.
    """
    with plans() as found:
        counts: list[float] = []
        yield counts
    counts.extend(count for plan in found for count in rows_of(plan))


@contextmanager
def plans() -> Iterator[list[dict[str, Any]]]:
    """Collect the plans of all queries in the block, with what was read."""
    found: list[dict[str, Any]] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        settings, _, query = sql.rpartition("; ")
        if query.lstrip(" (\n").startswith(("SELECT", "WITH")):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"{settings}; EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
                (plan,) = cursor.fetchone()
            found.append(plan[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


def indexes_of(node: dict[str, Any]) -> set[str]:
    """Return the indexes that a plan uses."""
    below = (indexes_of(child) for child in node.get("Plans", ()))
    return {node["Index Name"]}.union(*below) if "Index Name" in node else set().union(*below)


def rows_of(node: dict[str, Any]) -> Iterator[float]:
    """Yield how many rows each step of a plan gives, and throws away."""
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed"))
    yield (node["Actual Rows"] + removed) * node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from rows_of(child)
