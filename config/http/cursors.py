"""The place in a list where a page begins, as the links of the page have it."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from rest_framework.request import Request

from tickets.api.pages import unknown_cursor


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


def read_cursor(request: Request, queryset: QuerySet[Any], key: str) -> Cursor | None:
    """Return the cursor of a request; raise `ValidationError` on one that no row has.

    queryset: the list, whose `sort_value` it is sorted by.
    """
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
        raise unknown_cursor() from error


def _convert(field: Any, raw: Any) -> Any:
    """Return part of a cursor as the field's type; raise an error if no row can hold it."""
    field = getattr(field, "target_field", field)
    value = field.to_python(raw)
    field.run_validators(value)
    # A text in PostgreSQL has no NUL; encoding half a surrogate pair raises ValueError.
    if value is None or b"\0" in str(value).encode():
        raise ValueError("not a value of a row")
    return value
