"""Find what to show of a mail that has no words of its own."""

from __future__ import annotations

from collections.abc import Sequence

from mailing.parsing import (
    calendar,
    headers,
    html_to_text,
    mime,
    part_text,
    rtf,
    smime,
    tnef,
    tnef_body,
)
from mailing.parsing.limits import Budget
from mailing.parsing.mime import MimePart

_HTML_CHARACTERS = 2_000_000
_RTF_BYTES = 2_000_000
_CALENDAR_TYPES = ("text/calendar", "text/x-vcalendar", "application/ics")
_RTF_TYPES = ("text/rtf", "application/rtf")
_ENCRYPTED = "This message is encrypted. It is attached as it came."


def is_calendar(leaf: MimePart) -> bool:
    """Return whether a leaf is an iCalendar or vCalendar object."""
    return leaf.type in _CALENDAR_TYPES or leaf.filename.lower().endswith((".ics", ".vcs"))


def read_enclosed(data: bytes, leaves: Sequence[MimePart], budget: Budget) -> tuple[str, str]:
    """Return text and HTML of the body in a winmail.dat, of a calendar entry, or of RTF.

    Raises LimitExceeded.
    """
    for leaf in leaves:
        if tnef.is_container(leaf):
            budget.check_time()
            text, source = tnef_body.read_body(mime.decode_content(data, leaf))
            text = text.strip("\n") or html_to_text.convert(source[:_HTML_CHARACTERS])
            if text.strip():
                return text, source
    for leaf in leaves:
        if is_calendar(leaf):
            method = leaf.parameters.get("method", "")
            entry = calendar.describe(part_text.decode_text(data, leaf), method)
            if entry:
                return entry, ""
    for leaf in leaves:
        if leaf.type in _RTF_TYPES and not leaf.filename:
            budget.check_time()
            text, source = rtf.read_rtf(mime.decode_content(data, leaf)[:_RTF_BYTES])
            text = text or html_to_text.convert(source)
            if text.strip():
                return text, source
    return "", ""


def describe_unreadable(data: bytes, leaves: Sequence[MimePart]) -> str:
    """Return why a mail has no text: it is encrypted, or refers to one elsewhere; else ""."""
    for leaf in leaves:
        if smime.is_encrypted(data, leaf):
            return _ENCRYPTED
    for leaf in leaves:
        if leaf.type == "message/external-body":
            # Where to find it (RFC 2046, 5.2.3; RFC 2017).
            found = [f"{name}: {value}" for name, value in leaf.parameters.items() if value]
            return "\n".join(headers.to_single_line(line, 2_000) for line in found[:10])
    return ""
