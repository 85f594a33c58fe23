"""Count how many rows PostgreSQL reads for the queries of a request, whatever their plans are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def rows_read() -> Iterator[list[float]]:
    """Collect how many rows each step of the plans reads, of all queries in the block.

    A scan or a sort of a large table shows as many rows as the table has.
    """
    counts: list[float] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        settings, _, query = sql.rpartition("; ")
        if query.lstrip(" (\n").startswith(("SELECT", "WITH")):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"{settings}; EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
                (plan,) = cursor.fetchone()
            counts.extend(_rows_of(plan[0]["Plan"]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield counts


def _rows_of(node: dict[str, Any]) -> Iterator[float]:
    """Yield how many rows each step of a plan gives, and throws away."""
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed"))
    yield (node["Actual Rows"] + removed) * node["Actual Loops"]
    for child in node.get("Plans", ()):
        yield from _rows_of(child)
