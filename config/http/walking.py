"""Keyset pages of a list with many filters, which have no index of their own for each order."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, QuerySet

from config.http.pagination import KeysetPagination, Position, conditions_on

# How many rows are tried in the order of the list, at first and at most.
FIRST_WALK = 500
LONGEST_WALK = 5_000


class WalkingPagination(KeysetPagination):
    """Keyset pages that cost about the same however many rows the filters leave.

    It does so for a view with `keyset_walks`. Filters that leave many rows are tried on the next
    rows in the order of the list, which an index has. If these are not enough, the filters leave
    few: PostgreSQL then finds all of them, by an index of a filter, and sorts them. Filters by the
    field that the list is sorted or split by are part of the index's ranges from the start.
    """

    def read_rows(self, queryset: QuerySet[Any], count: int) -> list[Any]:
        """Return the first rows of a list after the cursor, in the direction of the page."""
        if not getattr(self.view, "keyset_walks", False):
            return super().read_rows(queryset, count)
        served = [F(self.split[0])] if self.split else []
        conditions = conditions_on(queryset, *served, self.expression)
        if len(conditions) == len(queryset.query.where.children):
            return super().read_rows(queryset, count)
        ordered = self.everything().annotate(sort_value=self.sort_value())
        for condition in conditions:
            ordered.query.where.add(condition, "AND")
        try:
            return self.fetch(self._find(queryset.order_by(), ordered, count))
        except EmptyResultSet:  # two filters exclude each other
            return []

    def _find(self, filtered: QuerySet[Any], ordered: QuerySet[Any], count: int) -> list[Position]:
        """Return the positions of the first rows.

        ordered: the list with those filters alone that are part of its index's ranges.
        """
        ranges = self.ranges_after_cursor(ordered)
        if not ranges:
            return []
        length = FIRST_WALK
        while True:
            walked = self._walk(filtered, self.merge(ranges, length))
            found = [(value, key) for value, key, is_hit in walked if is_hit]
            if len(found) >= count or len(walked) < length:
                return found[:count]
            # As many as it takes if the others lie as these do.
            expected = length * count // max(len(found), 1)
            if expected > LONGEST_WALK:
                return self._sort_all(filtered, count)
            length = min(2 * expected, LONGEST_WALK)

    def _walk(self, filtered: QuerySet[Any], steps: QuerySet[Any]) -> list[tuple[Any, Any, bool]]:
        """Return the next rows in the order of the list, and of each whether the filters leave it.

        The filters are applied to these rows alone, because a table of them takes the place of the
        real one. Otherwise PostgreSQL may look up a frequent value in its index, with all rows.
        """
        connection = connections[filtered.db]
        table = connection.ops.quote_name(filtered.model._meta.db_table)
        key = connection.ops.quote_name(self.key)
        walk, walk_parameters = steps.query.sql_with_params()
        keys, parameters = filtered.values(self.key).query.sql_with_params()
        return _execute(
            connection,
            f"WITH walked (sort_value, key) AS MATERIALIZED ({walk}),"  # noqa: S608 - of the ORM
            f" {table} AS MATERIALIZED"
            f" (SELECT * FROM {table} WHERE {key} = ANY (ARRAY (SELECT key FROM walked)))"
            f" SELECT sort_value, key, key IN ({keys}) FROM walked ORDER BY {self._order_in_sql()}",
            [*walk_parameters, *parameters],
        )

    def _sort_all(self, filtered: QuerySet[Any], count: int) -> list[Position]:
        """Find all rows that the filters leave, and return the first in the order of the list.

        OFFSET 0 hides the order and the limit from the planner, which would otherwise scan the list
        in its order until it has enough rows.
        """
        if self.split and not conditions_on(filtered, F(self.split[0])):
            field, values = self.split  # most indexes begin with this field
            filtered = filtered.filter(**{f"{field}__in": values})
        sql, parameters = filtered.values_list("sort_value", self.key).query.sql_with_params()
        after, position = self._after_in_sql()
        return _execute(
            connections[filtered.db],
            f"SELECT sort_value, key FROM ({sql} OFFSET 0) AS chosen (sort_value, key)"  # noqa: S608 - of the ORM
            f" WHERE {after} ORDER BY {self._order_in_sql()} LIMIT %s",
            [*parameters, *position, count],
        )

    def _order_in_sql(self) -> str:
        direction = "DESC" if self.descending != self.backwards else "ASC"
        nulls = "FIRST" if self.backwards else "LAST"
        return f"sort_value {direction} NULLS {nulls}, key {direction}"

    def _after_in_sql(self) -> tuple[str, list[Any]]:
        """Return the condition for rows after the cursor, and its parameters; nulls come last."""
        if self.cursor is None:
            return "true", []
        value, key = self.cursor.value, self.cursor.key
        operator = "<" if self.descending != self.backwards else ">"
        if value is None:
            same = f"sort_value IS NULL AND key {operator} %s"
            return (f"sort_value IS NOT NULL OR {same}" if self.backwards else same), [key]
        later = f"(sort_value, key) {operator} (%s, %s)"
        return (later if self.backwards else f"{later} OR sort_value IS NULL"), [value, key]


def _execute(connection: BaseDatabaseWrapper, query: str, parameters: list[Any]) -> list[Any]:
    """Run a query for which PostgreSQL may scan no table, whatever it expects."""
    with connection.cursor() as cursor:
        # LOCAL: for these two statements, which are one transaction.
        cursor.execute(f"SET LOCAL enable_seqscan = off; {query}", parameters)
        return list(cursor.fetchall())
