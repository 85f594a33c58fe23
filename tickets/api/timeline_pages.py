"""Pages of a list that is merged from the rows of several models."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
# A row's key is the place of its queryset and its id together, as one number of PostgreSQL.
_KEYS = 2**60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A minus for the page before it, the key, and the time in microseconds.
_CURSOR = re.compile(r"(-?)([0-9]{1,19})_([0-9]{1,16})")


class _Position(NamedTuple):
    """Where a row is in the list."""

    at: datetime
    key: int


class MergedPagination(BasePagination):
    """Pages of the querysets that the view's `merged_parts` returns, oldest rows first.

    All have `created_at`, and of rows with equal times those of the earlier querysets come first.
    The keys of a page are read by one statement, then its rows by one for each queryset.
    """

    def paginate_queryset(  # type: ignore[override]  # the parent's `queryset: Any`
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        parts: Sequence[QuerySet[Any]] = view.merged_parts()  # type: ignore[union-attr]  # of our views
        size = _read_page_size(request)
        cursor, backwards = _read_cursor(request)
        order = ("-at", "-key") if backwards else ("at", "key")
        keys = [
            _positions(part, rank, cursor, backwards=backwards).order_by(*order)[: size + 1]
            for rank, part in enumerate(parts)
        ]
        merged = keys[0].union(*keys[1:], all=True).order_by(*order)[: size + 1]
        found = [_Position(at, key) for at, key in merged]
        more, page = len(found) > size, found[:size]
        if backwards:
            page.reverse()
        self.base_url, self.page = request.build_absolute_uri(), page
        self.has_next = more or backwards
        self.has_previous = more if backwards else cursor is not None
        return _load(parts, page)

    def get_paginated_response(self, data: Any) -> Response:
        first, last = (self.page[0], self.page[-1]) if self.page else (None, None)
        return Response(
            {
                "next": self._link("", last) if self.has_next else None,
                "previous": self._link("-", first) if self.has_previous else None,
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
        sizes = {"type": "integer", "default": PAGE_SIZE, "minimum": 1, "maximum": MAX_PAGE_SIZE}
        return [
            {"name": "page_size", "in": "query", "schema": sizes},
            {"name": "cursor", "in": "query", "schema": {"type": "string"}},
        ]

    def _link(self, direction: str, position: _Position | None) -> str | None:
        if position is None:
            return None
        microseconds = (position.at - _EPOCH) // timedelta(microseconds=1)
        cursor = f"{direction}{position.key}_{microseconds}"
        return replace_query_param(self.base_url, "cursor", cursor)


def _positions(
    part: QuerySet[Any], rank: int, cursor: _Position | None, *, backwards: bool
) -> QuerySet[Any, tuple[datetime, int]]:
    """Return the positions of a queryset's rows that are after the cursor, in its direction."""
    key = ExpressionWrapper(F("pk") + rank * _KEYS, BigIntegerField())
    rows = part.select_related(None).prefetch_related(None).annotate(at=F("created_at"), key=key)
    if cursor is not None:
        after = "lt" if backwards else "gt"
        rows = rows.filter(
            Q(**{f"at__{after}": cursor.at}) | Q(**{"at": cursor.at, f"key__{after}": cursor.key})
        )
    positions: QuerySet[Any, tuple[datetime, int]] = rows.values_list("at", "key")
    return positions


def _load(parts: Sequence[QuerySet[Any]], page: list[_Position]) -> list[Any]:
    ids: list[list[int]] = [[] for _ in parts]
    for position in page:
        rank, pk = divmod(position.key, _KEYS)
        ids[rank].append(pk)
    rows = [part.in_bulk(pks) if pks else {} for part, pks in zip(parts, ids, strict=True)]
    places = (divmod(position.key, _KEYS) for position in page)
    # A row may have been deleted since its key was read.
    return [rows[rank][pk] for rank, pk in places if pk in rows[rank]]


def _read_page_size(request: Request) -> int:
    text = request.query_params.get("page_size") or str(PAGE_SIZE)
    try:
        size: int = serializers.IntegerField(min_value=1).run_validation(text)
    except ValidationError as error:
        raise ValidationError({"page_size": error.detail}) from error
    return min(size, MAX_PAGE_SIZE)


def _read_cursor(request: Request) -> tuple[_Position | None, bool]:
    """Return a position, or None for the first page, and whether the page is before it."""
    text = request.query_params.get("cursor")
    if not text:
        return None, False
    written = _CURSOR.fullmatch(text)
    if written is None or int(written[2]) >= 2**63:  # the numbers of PostgreSQL end there
        message = _("No such page; follow `next` and `previous` as they were answered.")
        raise ValidationError({"cursor": [message]})
    at = _EPOCH + timedelta(microseconds=int(written[3]))
    return _Position(at, int(written[2])), bool(written[1])
