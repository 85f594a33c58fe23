"""Pages of a list that is merged from the rows of several models."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, QuerySet
from rest_framework.request import Request
from rest_framework.views import APIView

from tickets.api.pages import LinkedPagination, read_page_size, unknown_cursor

# A row's key is the place of its queryset and its id together, as one number of PostgreSQL.
_KEYS = 2**60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A minus for the page before it, the key, and the time in microseconds.
_CURSOR = re.compile(r"(-?)([0-9]{1,19})_([0-9]{1,16})")


class _Position(NamedTuple):
    """Where a row is in the list."""

    at: datetime
    key: int


# After all rows.
_END = _Position(datetime.max.replace(tzinfo=UTC), 2**63 - 1)


class MergedPagination(LinkedPagination):
    """Pages of the querysets that the view's `merged_parts` returns, oldest rows first.

    All have `created_at`, and of rows with equal times those of the earlier querysets come first.
    The keys of a page are read by one statement, then its rows by one for each queryset.
    """

    def paginate_queryset(  # type: ignore[override]  # the parent's `queryset: Any`
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        parts: Sequence[QuerySet[Any]] = view.merged_parts()  # type: ignore[union-attr]  # of our views
        size = read_page_size(request)
        cursor, backwards = _read_cursor(request.query_params.get("cursor"))
        found = _find(parts, cursor, backwards=backwards, most=size + 1)
        is_first = cursor is None
        page = self.cut(request, found, size, is_first=is_first, backwards=backwards)
        return _load(parts, page)

    def cursor_of(self, row: _Position, *, backwards: bool) -> str:
        """Return the cursor of the page after a position, or before it."""
        return _cursor_of(row, backwards=backwards)


def rows_before(parts: Sequence[QuerySet[Any]], cursor: str, *, size: int) -> tuple[list[Any], str]:
    """Return the last rows of such a list, and the cursor of those before, "" if there are none.

    cursor: before which they are; "" for the end of the list. Raises `ValidationError`.
    """
    before = _read_cursor(cursor)[0] if cursor else _END
    found = _find(parts, before, backwards=True, most=size + 1)
    page = found[:size][::-1]
    return _load(parts, page), _cursor_of(page[0], backwards=True) if len(found) > size else ""


def _find(
    parts: Sequence[QuerySet[Any]], cursor: _Position | None, *, backwards: bool, most: int
) -> list[_Position]:
    """Return the positions next to the cursor in its direction, by one statement."""
    order = ("-at", "-key") if backwards else ("at", "key")
    keys = [
        _positions(part, rank, cursor, backwards=backwards).order_by(*order)[:most]
        for rank, part in enumerate(parts)
    ]
    merged = keys[0].union(*keys[1:], all=True).order_by(*order)[:most]
    return [_Position(at, key) for at, key in merged]


def _cursor_of(row: _Position, *, backwards: bool) -> str:
    microseconds = (row.at - _EPOCH) // timedelta(microseconds=1)
    return f"{'-' if backwards else ''}{row.key}_{microseconds}"


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


def _read_cursor(text: str | None) -> tuple[_Position | None, bool]:
    """Return a position, or None for the first page, and whether the page is before it."""
    if not text:
        return None, False
    written = _CURSOR.fullmatch(text)
    if written is None or int(written[2]) >= 2**63:  # the numbers of PostgreSQL end there
        raise unknown_cursor()
    at = _EPOCH + timedelta(microseconds=int(written[3]))
    return _Position(at, int(written[2])), bool(written[1])
