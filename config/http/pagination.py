"""Keyset pagination by any sort key, with equal and null values, in both directions."""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import F, Field, Func, IntegerField, Model, QuerySet, Value
from django.db.models.expressions import OrderBy
from django.db.models.lookups import GreaterThan, LessThan
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


@dataclass(frozen=True, repr=False)
class Cursor:
    """The sort value and key of the row next to a page, and the direction of the page."""

    value: Any
    key: Any
    backwards: bool = False

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        # str() keeps the microseconds of times: rounded times would repeat or skip rows.
        text = json.dumps([self.value, self.key, self.backwards], default=str)
        return base64.urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raise `ValueError` on anything that `encode` did not write."""
        try:
            value, key, backwards = json.loads(base64.urlsafe_b64decode(text.encode()))
        except (binascii.Error, TypeError) as error:
            raise ValueError("not a cursor") from error
        return cls(value, key, bool(backwards))


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


class KeysetPagination(BasePagination):
    """Pages of a list, sorted by the field that `ordering` names, or by the view's first one.

    The view's `keyset_fields` maps each name to the expression that it sorts by. Rows with equal
    values are ordered by `keyset_key`, a unique field, by default the primary key; nulls come last
    in both directions. DRF's own cursor pagination repeats rows when many values are equal or null.

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
        self.base_url = request.build_absolute_uri()
        name, self.descending = _read_ordering(request, fields)
        size = _read_page_size(request)
        self.key: str = getattr(view, "keyset_key", queryset.model._meta.pk.name)
        split = getattr(view, "keyset_split", None)
        if fields[name] in (F("pk"), F(self.key)) and not queryset.query.where:
            split = None  # the whole table in the order of its key
        ranges = _split(queryset, fields[name], split, request)
        self.cursor = _read_cursor(request, ranges[0].rows, self.key)
        backwards = self.cursor is not None and self.cursor.backwards
        after = [later for part in ranges if (later := self._after(part)) is not None]
        if len(ranges) == 1 and split is None:
            rows = list(after[0].order_by(*self._order(backwards))[: size + 1])
        else:
            # Without the filters: a row that has changed meanwhile must not shorten the page.
            everything = view.get_queryset()  # type: ignore[union-attr]  # of our views
            rows = self._merge(everything, after, backwards, size + 1)
        more, rows = len(rows) > size, rows[:size]
        if backwards:
            rows.reverse()
        self.rows = rows
        self.has_next = more or backwards
        self.has_previous = more if backwards else self.cursor is not None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        first, last = (self.rows[0], self.rows[-1]) if self.rows else (None, None)
        return Response(
            {
                "next": self._link(last, backwards=False) if self.has_next else None,
                "previous": self._link(first, backwards=True) if self.has_previous else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        link = {"type": "string", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link,
                "previous": dict(link),
                "results": {"type": "array", "items": schema["items"]},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        fields = list(view.keyset_fields)  # type: ignore[attr-defined]  # of our views
        names = [*fields, *(f"-{name}" for name in fields)]
        sizes = {"type": "integer", "default": PAGE_SIZE, "minimum": 1, "maximum": MAX_PAGE_SIZE}
        return [
            {
                "name": "ordering",
                "in": "query",
                "schema": {"type": "string", "enum": names, "default": names[0]},
            },
            {"name": "page_size", "in": "query", "schema": sizes},
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
        ]

    def _order(self, backwards: bool) -> list[OrderBy]:
        names = ("sort_value", self.key)
        descending = self.descending != backwards
        return [F(name).desc() if descending else F(name).asc() for name in names]

    def _merge(
        self, queryset: QuerySet[Any], parts: list[QuerySet[Any]], backwards: bool, count: int
    ) -> list[Any]:
        """Return the first rows of several ranges together.

        Their keys are read first, because the indexes hold all that this needs. Then PostgreSQL
        takes the index meant for it, however the rows lie in the table.
        """
        if not parts:
            return []
        order = self._order(backwards)
        keys = [part.order_by(*order).values_list("sort_value", self.key)[:count] for part in parts]
        merged = keys[0]
        if len(keys) > 1:
            value, key = self._order(backwards)
            setattr(value, "nulls_first" if backwards else "nulls_last", True)
            merged = merged.union(*keys[1:], all=True).order_by(value, key)[:count]
        values = {key: value for value, key in merged}
        rows = queryset.in_bulk(list(values), field_name=self.key)
        for pk, row in rows.items():
            row.sort_value = values[pk]
        return [rows[pk] for pk in values]

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

    def _link(self, row: Model | None, *, backwards: bool) -> str | None:
        if row is None:
            return None
        value = row.sort_value  # type: ignore[attr-defined]  # annotated
        cursor = Cursor(value, getattr(row, self.key), backwards)
        return replace_query_param(self.base_url, "cursor", cursor.encode())


def _split(
    queryset: QuerySet[Any],
    expression: Any,
    split: tuple[str, Sequence[str]] | None,
    request: Request,
) -> list[_Range]:
    """Split a list into the ranges that an index has in the order of the sort value."""
    if split is None:
        return _split_by_null(queryset.annotate(sort_value=expression))
    field, values = split
    chosen = request.query_params.get(field)  # the filter by the field has its name
    ranges = []
    for position, value in enumerate(values):
        if chosen and chosen != value:
            continue
        rows = queryset.filter(**{field: value})
        if expression == F(field):
            rank = Value(position, output_field=IntegerField())
            ranges.append(_Range(rows.annotate(sort_value=rank), position))
        else:
            ranges += _split_by_null(rows.annotate(sort_value=expression))
    return ranges


def _split_by_null(rows: QuerySet[Any]) -> list[_Range]:
    column = getattr(rows.query.annotations["sort_value"], "target", None)
    if column is None or not column.null:
        return [_Range(rows)]
    return [
        _Range(rows.filter(sort_value__isnull=False)),
        _Range(rows.filter(sort_value=None), None),
    ]


def _read_ordering(request: Request, fields: Mapping[str, Any]) -> tuple[str, bool]:
    ordering = request.query_params.get("ordering") or next(iter(fields))
    name = ordering.removeprefix("-")
    if name not in fields:
        message = _("Must be one of %(allowed)s, with - for descending.")
        allowed = ", ".join(fields)
        raise ValidationError({"ordering": [message % {"allowed": allowed}]})
    return name, ordering.startswith("-")


def _read_page_size(request: Request) -> int:
    text = request.query_params.get("page_size") or str(PAGE_SIZE)
    if not re.fullmatch(r"0*[1-9][0-9]*", text) or len(text) > 9:
        message = _("Must be a whole number from 1 to %(most)d.") % {"most": MAX_PAGE_SIZE}
        raise ValidationError({"page_size": [message]})
    return min(int(text), MAX_PAGE_SIZE)


def _read_cursor(request: Request, queryset: QuerySet[Any], key: str) -> Cursor | None:
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        cursor = Cursor.decode(text)
        value_field = queryset.query.annotations["sort_value"].output_field
        return Cursor(
            None if cursor.value is None else _convert(value_field, cursor.value),
            _convert(queryset.model._meta.get_field(key), cursor.key),
            cursor.backwards,
        )
    except (ValueError, TypeError, OverflowError, RecursionError, DjangoValidationError) as error:
        message = _("No such page; follow `next` and `previous` as they were answered.")
        raise ValidationError({"cursor": [message]}) from error


def _convert(field: Any, raw: Any) -> Any:
    """Return part of a cursor as the field's type; raise an error if no row can hold it."""
    field = getattr(field, "target_field", field)
    value = field.to_python(raw)
    field.run_validators(value)
    # A text in PostgreSQL has no NUL; encoding half a surrogate pair raises ValueError.
    if value is None or b"\0" in str(value).encode():
        raise ValueError("not a value of a row")
    return value
