"""What the pages of all lists have: a size, and links to the next and the previous page."""

import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200


class LinkedPagination(BasePagination):
    """Pages whose links have a cursor: the place in the list of the row next to the page."""

    def cut(
        self, request: Request, rows: Iterable[Any], size: int, *, is_first: bool, backwards: bool
    ) -> list[Any]:
        """Return the rows of a page, of up to one more, in the order of the list.

        rows: in the direction of the page. is_first: whether the request has no cursor.
        """
        rows = list(rows)
        more, page = len(rows) > size, rows[:size]
        if backwards:
            page.reverse()
        self._base_url, self._page = request.build_absolute_uri(), page
        self._has_next = more or backwards
        self._has_previous = more if backwards else not is_first
        return page

    def cursor_of(self, row: Any, *, backwards: bool) -> str:
        """Return the cursor of the page after a row, or before it."""
        raise NotImplementedError

    def get_paginated_response(self, data: Any) -> Response:
        first, last = (self._page[0], self._page[-1]) if self._page else (None, None)
        return Response(
            {
                "next": self._link(last, backwards=False) if self._has_next else None,
                "previous": self._link(first, backwards=True) if self._has_previous else None,
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

    def _link(self, row: Any, *, backwards: bool) -> str | None:
        if row is None:
            return None
        cursor = self.cursor_of(row, backwards=backwards)
        return replace_query_param(self._base_url, "cursor", cursor)


def read_page_size(request: Request, default: int = PAGE_SIZE) -> int:
    """Return the number of rows that a request wants; raises `ValidationError`."""
    text = request.query_params.get("page_size") or str(default)
    if not re.fullmatch(r"0*[1-9][0-9]*", text) or len(text) > 9:
        message = _("Must be a whole number from 1 to %(most)d.") % {"most": MAX_PAGE_SIZE}
        raise ValidationError({"page_size": [message]})
    return min(int(text), MAX_PAGE_SIZE)


def unknown_cursor() -> ValidationError:
    """Return the error for a cursor that no page gave."""
    message = _("No such page; follow `next` and `previous` as they were answered.")
    return ValidationError({"cursor": [message]})
