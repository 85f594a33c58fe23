"""Keyset pagination by any sort key, with equal and null values, in both directions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Field, Func, IntegerField, QuerySet, Value, When
from django.db.models.expressions import Col, OrderBy
from django.db.models.lookups import Exact, GreaterThan, In, LessThan, Lookup
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from config.http.cursors import Cursor, read_cursor
from tickets.api.pages import PAGE_SIZE, LinkedPagination, read_page_size

Split = tuple[str, Sequence[str]]  # a field and all its values
Position = tuple[Any, Any]  # of a row: its sort value and its key


_VARIES = object()


class _Row(Func):
    """A row of values; PostgreSQL finds the rows after it in an index on the same expressions."""

    template = "ROW(%(expressions)s)"
    output_field = Field()


@dataclass(frozen=True)
class _Range:
    """Rows of a list that lie together in an index, and their sort value if they have only one."""

    rows: QuerySet[Any]
    value: Any = _VARIES


class KeysetPagination(LinkedPagination):
    """Pages of a list, sorted by the field that `ordering` names, or by the view's first one.

    The view's `keyset_fields` maps each name to the expression that it sorts by. Rows with equal
    values are ordered by `keyset_key`, a unique field, by default the primary key; nulls come last
    in both directions. A view's `keyset_default` may return another ordering for requests that
    name none. DRF's own cursor pagination repeats rows when many values are equal or null.

    Every page costs the same, also in a table of millions, because it is merged from the first rows
    of a few ranges of an index: those with a value and those with null, for each value of the field
    that the view names in `keyset_split`, a pair of a field and all its values. With indexes on
    (that field, sort value, key) a list is as fast with a filter by that field as without. Sorted
    by that field itself, it is in the order of the values there.
    """

    def paginate_queryset(  # type: ignore[override]  # the parent's `queryset: Any`
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        fields: Mapping[str, Any] = view.keyset_fields  # type: ignore[union-attr]  # of our views
        default = getattr(view, "keyset_default", lambda: next(iter(fields)))()
        name, self.descending = _read_ordering(request, fields, default)
        size = read_page_size(request, getattr(view, "page_rows", PAGE_SIZE))
        self.view = view
        self.expression = fields[name]
        self.key: str = getattr(view, "keyset_key", queryset.model._meta.pk.name)
        self.split: Split | None = getattr(view, "keyset_split", None)
        queryset = queryset.annotate(sort_value=self.sort_value())
        self.cursor = read_cursor(request, queryset, self.key)
        self.backwards = self.cursor is not None and self.cursor.backwards
        rows = self.read_rows(queryset, size + 1)
        return self.cut(request, rows, size, is_first=self.cursor is None, backwards=self.backwards)

    def read_rows(self, queryset: QuerySet[Any], count: int) -> list[Any]:
        """Return the first rows of a list after the cursor, in the direction of the page."""
        ranges = self.ranges_after_cursor(queryset)
        if len(ranges) == 1 and not self._is_split(queryset):
            return list(ranges[0].order_by(*self._order())[:count])
        return self.fetch(self.merge(ranges, count)) if ranges else []

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        fields = list(view.keyset_fields)  # type: ignore[attr-defined]  # of our views
        names = [*fields, *(f"-{name}" for name in fields)]
        schema = {"type": "string", "enum": names, "default": names[0]}
        ordering = {"name": "ordering", "in": "query", "schema": schema}
        return [ordering, *super().get_schema_operation_parameters(view)]

    def ranges_after_cursor(self, queryset: QuerySet[Any]) -> list[QuerySet[Any]]:
        """Return the ranges of a list that have rows after the cursor, cut off there."""
        if self.split and self._is_split(queryset):
            ranges = _split(queryset, self.expression, self.split)
        else:
            ranges = _split_by_null(queryset)
        return [later for part in ranges if (later := self._after(part)) is not None]

    def merge(self, ranges: list[QuerySet[Any]], count: int) -> QuerySet[Any, Position]:
        """Return the sort values and keys of the first rows of several ranges together.

        The indexes hold all that this needs. So PostgreSQL takes the index meant for it, however
        the rows lie in the table.
        """
        order = self._order()
        keys = [
            rows.order_by(*order).values_list("sort_value", self.key)[:count] for rows in ranges
        ]
        merged = keys[0]
        if len(keys) > 1:
            value, key = self._order()
            if _may_be_null(ranges[0]):  # otherwise PostgreSQL would sort what it could merge
                setattr(value, "nulls_first" if self.backwards else "nulls_last", True)
            merged = merged.union(*keys[1:], all=True).order_by(value, key)[:count]
        return merged

    def everything(self) -> QuerySet[Any]:
        """Return the view's list without filters."""
        rows: QuerySet[Any] = self.view.get_queryset()  # type: ignore[union-attr]  # of our views
        return rows

    def fetch(self, positions: Iterable[Position]) -> list[Any]:
        """Return the rows of a page, also those that the filters would leave out by now."""
        values = {key: value for value, key in positions}
        rows = self.everything().in_bulk(list(values), field_name=self.key)
        for key, row in rows.items():
            row.sort_value = values[key]
        return [rows[key] for key in values]

    def _is_split(self, queryset: QuerySet[Any]) -> bool:
        """Return whether a list is split; not the whole table in the order of its key."""
        by_key = self.expression in (F("pk"), F(self.key))
        return bool(self.split and not (by_key and not queryset.query.where))

    def _order(self) -> list[OrderBy]:
        names = ("sort_value", self.key)
        descending = self.descending != self.backwards
        return [F(name).desc() if descending else F(name).asc() for name in names]

    def sort_value(self) -> Any:
        """Return what the list is sorted by; of the field that it is split by, the position."""
        if self.split is None or self.expression != F(self.split[0]):
            return self.expression
        field, values = self.split
        cases = [When(**{field: value}, then=Value(rank)) for rank, value in enumerate(values)]
        return Case(*cases, output_field=IntegerField())

    def _after(self, part: _Range) -> QuerySet[Any] | None:
        """Return the rows of a range after the cursor in the direction of the page."""
        cursor = self.cursor
        if cursor is None:
            return part.rows
        descending = self.descending != cursor.backwards
        operator = LessThan if descending else GreaterThan
        key = Value(cursor.key, part.rows.model._meta.get_field(self.key))
        if part.value is not _VARIES and part.value == cursor.value:
            return part.rows.filter(operator(F(self.key), key))
        if part.value is None or cursor.value is None:
            # Nulls come last, also when the order is descending.
            return part.rows if (part.value is None) != cursor.backwards else None
        if part.value is not _VARIES:
            return part.rows if (part.value < cursor.value) == descending else None
        value_field = part.rows.query.annotations["sort_value"].output_field
        position = _Row(Value(cursor.value, value_field), key)
        return part.rows.filter(operator(_Row(F("sort_value"), F(self.key)), position))

    def cursor_of(self, row: Any, *, backwards: bool) -> str:
        """Return the cursor of the page after a row, or before it."""
        return Cursor(row.sort_value, getattr(row, self.key), backwards).encode()


def _split(queryset: QuerySet[Any], expression: Any, split: Split) -> list[_Range]:
    """Split a list into the ranges that an index has in the order of the sort value."""
    field, values = split
    ranges = []
    for position, value in enumerate(values):
        if not _allows(queryset, field, value):
            continue
        rows = queryset.filter(**{field: value})
        if expression == F(field):
            rank = Value(position, output_field=IntegerField())
            ranges.append(_Range(rows.annotate(sort_value=rank), position))
        else:
            ranges += _split_by_null(rows)
    return ranges


def conditions_on(rows: QuerySet[Any], *expressions: Any) -> list[Lookup[Any]]:
    """Return the conditions of a list that are about these columns alone."""
    resolved = [expression.resolve_expression(rows.query) for expression in expressions]
    columns = [(each.alias, each.target) for each in resolved if isinstance(each, Col)]
    return [
        part
        for part in rows.query.where.children
        if isinstance(part, Lookup)
        and isinstance(part.lhs, Col)
        and (part.lhs.alias, part.lhs.target) in columns
    ]


def _allows(rows: QuerySet[Any], field: str, value: str) -> bool:
    """Return whether a list may have rows with a value of the field that it is split by."""
    for condition in conditions_on(rows, F(field)):
        if isinstance(condition, In) and value not in condition.rhs:
            return False
        if isinstance(condition, Exact) and value != condition.rhs:
            return False
    return True


def _split_by_null(rows: QuerySet[Any]) -> list[_Range]:
    if not _may_be_null(rows):
        return [_Range(rows)]
    return [
        _Range(rows.filter(sort_value__isnull=False)),
        _Range(rows.filter(sort_value=None), None),
    ]


def _may_be_null(rows: QuerySet[Any]) -> bool:
    column = getattr(rows.query.annotations["sort_value"], "target", None)
    return column is not None and column.null


def _read_ordering(request: Request, fields: Mapping[str, Any], default: str) -> tuple[str, bool]:
    ordering = request.query_params.get("ordering") or default
    name = ordering.removeprefix("-")
    if name not in fields:
        message = _("Must be one of %(allowed)s, with - for descending.")
        allowed = ", ".join(fields)
        raise ValidationError({"ordering": [message % {"allowed": allowed}]})
    return name, ordering.startswith("-")
