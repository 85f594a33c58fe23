"""HTML for the pages of the Django admin: ages, links, tables and texts, all escaped."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

NOTHING = "—"
# In lists; on a row's own page a text is whole.
LIST_CHARACTERS = 80


def format_age(at: datetime) -> SafeString:
    """Return how long ago a time was, in words, with the time itself as a tooltip."""
    return format_html(
        '<time class="age" datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        format_time(at),
        format_duration(at, timezone.now(), units=1),
    )


def format_duration(start: datetime, end: datetime, *, units: int) -> str:
    """Return a duration in words with at most this many units, such as "2 hours, 5 minutes"."""
    is_short = end - start < timedelta(minutes=1)
    return _("under a minute") if is_short else timesince(start, end, depth=units)


def format_time(at: datetime | str | None) -> str:
    """Return a time to the second; `at` may be in ISO 8601, as JSON columns have it."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else NOTHING


def shorten(text: str) -> str:
    """Return a text for a list's column: one line, cut off when it is long."""
    return Truncator(" ".join(text.split())).chars(LIST_CHARACTERS)


def link(page: str, pk: int | None, text: str, *, anchor: str = "") -> SafeString | str:
    """Return a link to a row's own page; `page` is the app and the model, as in URL names."""
    if pk is None:
        return NOTHING
    url = reverse(f"admin:{page}_change", args=[pk])
    return format_html('<a href="{}{}">{}</a>', url, f"#{anchor}" if anchor else "", text)


def table(rows: Iterable[Sequence[Any]], *, headings: Sequence[Any] = ()) -> SafeString | str:
    """Return a table, or a dash when it has no rows."""
    body = format_html_join("", "<tr>{}</tr>", ((_cells("td", row),) for row in rows))
    if not body:
        return NOTHING
    head = format_html("<thead><tr>{}</tr></thead>", _cells("th", headings)) if headings else ""
    return format_html('<table class="details">{}<tbody>{}</tbody></table>', head, body)


def multiline(text: str) -> SafeString | str:
    """Return a text with its line breaks and spaces, or a dash when it is empty."""
    return format_html('<pre class="written">{}</pre>', text) if text else NOTHING


def _cells(tag: str, cells: Iterable[Any]) -> SafeString:
    return format_html_join("", f"<{tag}>{{}}</{tag}>", ((cell,) for cell in cells))
