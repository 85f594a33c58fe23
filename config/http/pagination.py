"""Keyset pagination by any sort key, with equal and null values, in both directions."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import F, Model, Q, QuerySet
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


class KeysetPagination(BasePagination):
    """Pages of a list, sorted by the field that `ordering` names, or by the view's first one.

    The view's `keyset_fields` maps each name to the expression that it sorts by. Rows with equal
    values are ordered by `keyset_key`, a unique field, by default the primary key; nulls come last
    in both directions. Every page costs the same. DRF's own cursor pagination repeats rows when
    many values are equal or null.
    """

    def paginate_queryset(  # type: ignore[override]  # the parent's `queryset: Any`
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        fields: Mapping[str, Any] = view.keyset_fields  # type: ignore[union-attr]  # of our views
        self.base_url = request.build_absolute_uri()
        name, self.descending = _read_ordering(request, fields)
        size = _read_page_size(request)
        queryset = queryset.annotate(sort_value=fields[name])
        self.key: str = getattr(view, "keyset_key", queryset.model._meta.pk.name)
        self.cursor = _read_cursor(request, queryset, self.key)
        backwards = self.cursor is not None and self.cursor.backwards
        if self.cursor is not None:
            queryset = queryset.filter(self._after(self.cursor))
        rows = list(queryset.order_by(*self._order(backwards))[: size + 1])
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

    def _order(self, backwards: bool) -> list[Any]:
        value, key = F("sort_value"), F(self.key)
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
        if self.descending == backwards:
            return [value.asc(**nulls), key.asc()]
        return [value.desc(**nulls), key.desc()]

    def _after(self, cursor: Cursor) -> Q:
        """Select the rows that come after the cursor's row in the direction of the page."""
        operator = "gt" if self.descending == cursor.backwards else "lt"
        tie = Q(**{f"{self.key}__{operator}": cursor.key})
        if cursor.value is None:
            nulls = Q(sort_value=None) & tie
            return nulls | Q(sort_value__isnull=False) if cursor.backwards else nulls
        after = Q(**{f"sort_value__{operator}": cursor.value})
        after |= Q(sort_value=cursor.value) & tie
        return after if cursor.backwards else after | Q(sort_value=None)

    def _link(self, row: Model | None, *, backwards: bool) -> str | None:
        if row is None:
            return None
        value = row.sort_value  # type: ignore[attr-defined]  # annotated
        cursor = Cursor(value, getattr(row, self.key), backwards)
        return replace_query_param(self.base_url, "cursor", cursor.encode())


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
    """Return part of a cursor as the field's type; raise `ValueError` if no row can hold it."""
    value = field.to_python(raw)
    # A text in PostgreSQL has no NUL; encoding half a surrogate pair raises ValueError.
    if value is None or b"\0" in str(value).encode():
        raise ValueError("not a value of a row")
    return value
