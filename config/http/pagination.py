"""Keyset pages over any sort key, with equal and null values, in both directions."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.serializers.json import DjangoJSONEncoder
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
    """The row beside which a page starts: its sort value and key, and the way the page goes."""

    value: Any
    key: Any
    backwards: bool = False

    def encode(self) -> str:
        text = json.dumps([self.value, self.key, self.backwards], cls=_ExactEncoder)
        return base64.urlsafe_b64encode(text.encode()).decode()

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Raise `ValueError` on anything that `encode` did not write."""
        try:
            value, key, backwards = json.loads(base64.urlsafe_b64decode(text.encode()))
        except (binascii.Error, TypeError) as error:
            raise ValueError("no cursor") from error
        return cls(value, key, bool(backwards))


class _ExactEncoder(DjangoJSONEncoder):
    """Times with microseconds: rounded ones would repeat or skip rows."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if hasattr(o, "isoformat") else super().default(o)


class KeysetPagination(BasePagination):
    """`ordering` by any of the view's `keyset_fields`, the first of them by default.

    `keyset_fields` maps a public name to the expression that it sorts by. Rows with equal values
    are ordered by `keyset_key`, a unique field, which is the primary key if the view does not say;
    nulls come last both ways. A page costs the same wherever it lies (DRF's own cursor pagination
    repeats rows when many values are equal or null).
    """

    def paginate_queryset(  # type: ignore[override]  # the parent's `queryset: Any`
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        fields: Mapping[str, Any] = view.keyset_fields  # type: ignore[union-attr]  # our views'
        self.base_url = request.build_absolute_uri()
        name, self.descending = _ordering(request, fields)
        size = _page_size(request)
        queryset = queryset.annotate(sort_value=fields[name])
        self.key: str = getattr(view, "keyset_key", queryset.model._meta.pk.name)
        self.cursor = _cursor(request, queryset, self.key)
        backwards = self.cursor is not None and self.cursor.backwards
        if self.cursor is not None:
            queryset = queryset.filter(self._beyond(self.cursor))
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
        fields = list(view.keyset_fields)  # type: ignore[attr-defined]  # our views'
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
        if self.descending == backwards:  # upwards
            nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
            return [value.asc(**nulls), key.asc()]
        nulls = {"nulls_first": True} if backwards else {"nulls_last": True}
        return [value.desc(**nulls), key.desc()]

    def _beyond(self, cursor: Cursor) -> Q:
        """Select the rows on the far side of the cursor's row."""
        far = "gt" if self.descending == cursor.backwards else "lt"
        same_value = Q(**{f"{self.key}__{far}": cursor.key})
        if cursor.value is None:
            same = Q(sort_value=None) & same_value
            return same | Q(sort_value__isnull=False) if cursor.backwards else same
        beyond = Q(**{f"sort_value__{far}": cursor.value})
        beyond |= Q(sort_value=cursor.value) & same_value
        return beyond if cursor.backwards else beyond | Q(sort_value=None)

    def _link(self, row: Model | None, *, backwards: bool) -> str | None:
        if row is None:
            return None
        value = row.sort_value  # type: ignore[attr-defined]  # annotated
        cursor = Cursor(value, getattr(row, self.key), backwards)
        return replace_query_param(self.base_url, "cursor", cursor.encode())


def _ordering(request: Request, fields: Mapping[str, Any]) -> tuple[str, bool]:
    asked = request.query_params.get("ordering") or next(iter(fields))
    name = asked.removeprefix("-")
    if name not in fields:
        message = _("Must be one of %(allowed)s, with - for descending.")
        allowed = ", ".join(fields)
        raise ValidationError({"ordering": [message % {"allowed": allowed}]})
    return name, asked.startswith("-")


def _page_size(request: Request) -> int:
    asked = request.query_params.get("page_size") or str(PAGE_SIZE)
    if not asked.isascii() or not asked.isdigit() or not asked.strip("0") or len(asked) > 9:
        message = _("Must be a whole number from 1 to %(most)d.") % {"most": MAX_PAGE_SIZE}
        raise ValidationError({"page_size": [message]})
    return min(int(asked), MAX_PAGE_SIZE)


def _cursor(request: Request, queryset: QuerySet[Any], key: str) -> Cursor | None:
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        cursor = Cursor.decode(text)
        value_field = queryset.query.annotations["sort_value"].output_field
        return Cursor(
            None if cursor.value is None else _storable(value_field, cursor.value),
            _storable(queryset.model._meta.get_field(key), cursor.key),
            cursor.backwards,
        )
    except (ValueError, TypeError, OverflowError, RecursionError, DjangoValidationError) as error:
        message = _("No such page; follow `next` and `previous` as they were answered.")
        raise ValidationError({"cursor": [message]}) from error


def _storable(field: Any, given: Any) -> Any:
    """Return a cursor's part as the field's type; raise `ValueError` where none can be stored."""
    value = field.to_python(given)
    if value is None or b"\0" in str(value).encode():  # which raises on half a surrogate pair
        raise ValueError("no value of a row")
    return value
