"""Filters for the list views of all apps."""

from collections.abc import Sequence
from typing import Any

import django_filters
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


class ChoiceFilter(django_filters.ChoiceFilter):
    """A filter by one of the choices, whose error for any other value lists them."""

    def __init__(self, *, choices: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        message = format_lazy(
            _("Must be one of {allowed}."),
            allowed=", ".join(value for value, _label in choices),
        )
        super().__init__(choices=choices, error_messages={"invalid_choice": message}, **kwargs)
