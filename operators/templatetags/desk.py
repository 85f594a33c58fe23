"""What the templates of the desk share: times, icons, initials."""

from datetime import datetime, timedelta
from functools import cache, lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()

# The paths of the icons, 16 by 16, drawn with a line of 1.5.
_ICONS = {
    "inbox": "M2 9.5h3l1.2 2h3.6l1.2-2h3M2 9.5l2-6.5h8l2 6.5v3.5H2z",
    "user": "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8zM2.8 13.7c.7-2.4 2.7-3.7 5.2-3.7s4.5 1.3 5.2 3.7",
    "clock": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
    "folder": "M2 4h4l1.5 1.7H14V13H2z",
    "moon": "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z",
    "alert": "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
    "check": "M2.8 8.6 6.2 12l7-7.6",
    "list": "M2.5 4h11M2.5 8h11M2.5 12h11",
    "search": "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.8 10.8 14 14",
    "reply": "M6.5 3.5 2.5 7.3l4 3.8M3 7.3h5.5c3 0 5 1.8 5 5.2",
    "note": "M3 2.5h10v8L10 13.5H3zM10 13.3v-3h3M5.2 5.5h5.6M5.2 8h3.4",
    "tag": "M2.5 2.5h5l6 6-5 5-6-6zM5.2 5.3v.1",
    "clip": "M12.8 7.6 7.9 12.4a3 3 0 0 1-4.3-4.2l5.3-5.3a2 2 0 0 1 2.9 2.8L6.6 11",
    "merge": "M4 2.5v4c0 2 4 1.5 4 4v3M12 2.5v4c0 2-4 1.5-4 4M6 11.5l2 2 2-2",
    "close": "M3.5 3.5l9 9M12.5 3.5l-9 9",
    "more": "M3.5 8h.1M8 8h.1M12.5 8h.1",
    "plus": "M8 3v10M3 8h10",
    "send": "M2.5 8 13.5 2.8 10.8 13.3 7.6 9.2zM7.6 9.2l5.9-6.4",
    "link": "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.3-2.3a2.6 2.6 0 0 0-3.7-3.7l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.2 9.1a2.6 2.6 0 0 0 3.7 3.7l.8-.8",
    "people": "M6 8a2.4 2.4 0 1 0 0-4.8A2.4 2.4 0 0 0 6 8zM1.5 13c.5-2 2.3-3.2 4.5-3.2s4 1.2 4.5 3.2M10.6 3.5a2.2 2.2 0 0 1 0 4.2M12.2 9.9c1.3.5 2.1 1.6 2.4 3",
    "pen": "M10.8 2.8 13.2 5.2 5.6 12.8l-3 .6.6-3z",
    "undo": "M5.5 3 2.5 6l3 3M2.8 6H9a4 4 0 0 1 0 8H6",
    "back": "M9.8 3.2 5 8l4.8 4.8",
    "next": "M6.2 3.2 11 8l-4.8 4.8",
    "history": "M2.6 8a5.4 5.4 0 1 1 1.6 3.8M2.5 12.5V9.3h3.2M8 5v3.2l2 1.3",
    "flag": "M3.5 14V2.5M3.5 3h8.8l-2 3 2 3H3.5",
    "eye": "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
    "download": "M8 2.5v7.6M4.8 7.2 8 10.4l3.2-3.2M2.8 13.2h10.4",
    "sign-out": "M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3",
}


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return an icon, which says nothing to a screen reader."""
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        _ICONS[name],
    )


@register.simple_tag
def when(at: datetime | None) -> SafeString | str:
    """Return a moment as a reader says it, with the exact one on hover."""
    if at is None:
        return ""
    return _time(at, say_when(at))


@register.simple_tag
def how_long(since: datetime | None) -> SafeString | str:
    """Return how long ago something began, as "3 h", with the moment on hover."""
    if since is None:
        return ""
    return _time(since, say_duration(timezone.now() - since))


@register.filter
def initials(name: str) -> str:
    """Return the first letters of a name's first two words."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def say_when(at: datetime) -> str:
    """Return the time of today's moments, the day of others, the year where it is another one."""
    here, now = timezone.localtime(at), timezone.localtime()
    if here.date() == now.date():
        return date_format(here, "H:i")
    if abs(here.date() - now.date()) <= timedelta(days=6):
        return date_format(here, "D H:i")
    return date_format(here, "j E" if here.year == now.year else "j E Y")


def say_exactly(at: datetime) -> str:
    """Return a moment with its day, second and time zone."""
    here = timezone.localtime(at)
    return _say_exactly(here, str(here.tzinfo), get_language())


@lru_cache(maxsize=10_000)  # a page has a hundred of them, and is asked for again and again
def _say_exactly(here: datetime, zone: str, language: str | None) -> str:
    """Return it for a zone and a language: equal moments of two zones are equal as keys."""
    return date_format(here, "j E Y, H:i:s T")


def say_duration(duration: timedelta) -> str:
    """Return a duration in its largest unit."""
    minutes = max(int(duration.total_seconds() // 60), 0)
    if minutes < 60:
        return (
            ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
            if minutes
            else _("< 1 min")
        )
    if minutes < 48 * 60:
        return ngettext("%(n)d h", "%(n)d h", minutes // 60) % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def _time(at: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), say_exactly(at), text
    )


@register.simple_tag
def keys(text: str) -> SafeString:
    """Return the keys of a shortcut, such as "g n", as keys to press one after the other."""
    return format_html_join(" ", "<kbd>{}</kbd>", ((key,) for key in text.split()))
