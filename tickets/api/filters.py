"""Filters for the list views of all apps."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from tickets.search.query import read_query

# In a query a "+" that is not escaped is a blank.
_OFFSET_AFTER_BLANK = re.compile(r" (?=[0-9]{2}:?[0-9]{2}\Z)")


class ChoiceFilter(django_filters.ChoiceFilter):
    """A filter by one of the choices, whose error for any other value lists them."""

    def __init__(self, *, choices: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        message = format_lazy(
            _("Must be one of {allowed}."),
            allowed=", ".join(value for value, _label in choices),
        )
        super().__init__(choices=choices, error_messages={"invalid_choice": message}, **kwargs)


class YesNoFilter(django_filters.TypedChoiceFilter):
    """A filter by true or false; django-filter's own ignores values that it does not know."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[("true", "true"), ("false", "false")],
            coerce=lambda value: value == "true",
            error_messages={"invalid_choice": _("Must be true or false.")},
            **kwargs,
        )


class TimeField(forms.CharField):
    """A point in time with its offset from UTC."""

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            time = parse_datetime(_OFFSET_AFTER_BLANK.sub("+", text))
        except ValueError:  # such as the 31st of June
            time = None
        if time is None or time.utcoffset() is None:
            raise ValidationError(
                _("Must be a time in ISO 8601 with its offset, such as 2026-11-23T09:00:00+03:00.")
            )
        return time


class TimeFilter(django_filters.Filter):
    """A filter by a point in time."""

    field_class = TimeField


class SearchField(forms.CharField):
    """What somebody types into a search."""

    def validate(self, value: str) -> None:
        """Raise `ValidationError` for what is longer than a search may be."""
        super().validate(value)
        read_query(value)


class SearchFilter(django_filters.CharFilter):
    """A filter by a search."""

    field_class = SearchField
