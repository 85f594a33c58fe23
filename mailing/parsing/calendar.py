"""Say in words what an iCalendar object is about: an invitation, its answer, a cancellation."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from mailing.parsing import charsets

_LINES = 20_000
_ENTRIES = 20
_VALUE_CHARACTERS = 100_000
_COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
_FIELDS = (
    *("SUMMARY", "DTSTART", "DTEND", "DURATION", "DUE", "RRULE", "LOCATION", "ORGANIZER"),
    *("COMMENT", "DESCRIPTION"),
)
# What the sender does with the entry (RFC 5546, 1.4), and how an invited person answers
# (RFC 5545, 3.2.12).
_METHODS = {
    "REQUEST": "Invitation",
    "ADD": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "New time proposed",
    "DECLINECOUNTER": "Proposed time declined",
    "REFRESH": "Request for the latest version",
}
_ANSWERS = {
    "ACCEPTED": "Accepted",
    "DECLINED": "Declined",
    "TENTATIVE": "Tentatively accepted",
    "DELEGATED": "Delegated",
}
# A name, parameters whose values may hold ":" in quotes that are closed, and the value
# (RFC 5545, 3.1).
_LINE = re.compile(r'([A-Za-z0-9-]{1,60})((?:[^":]|"[^"]*")*+(?=:)|[^:]*+):(.*)', re.DOTALL)
_QUOTED_PRINTABLE = re.compile(r";(?:ENCODING=)?QUOTED-PRINTABLE\b", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")


@dataclass(frozen=True, slots=True)
class _Property:
    parameters: str
    value: str

    def parameter(self, name: str) -> str:
        """Return a parameter's value without quotes, "" when there is none."""
        match = re.search(rf';\s*{name}\s*=\s*("[^"]*"|[^;"]*)', self.parameters, re.IGNORECASE)
        return match[1].strip('" ') if match else ""


@dataclass(slots=True)
class _Entry:
    """An event, a task or a journal entry; of repeated properties the first counts."""

    properties: dict[str, _Property] = field(default_factory=dict)
    attendees: list[_Property] = field(default_factory=list)


def describe(source: str, method: str = "") -> str:
    """Return the fields of an iCalendar object that a reader needs, "" when it has none.

    Only what stands in an event, a task or a journal entry itself counts: time zones have a start
    too, and alarms a description (RFC 5545, 3.6). The method is that of Content-Type, for an object
    without its own.
    """
    own_method, entries = _read_entries(source)
    method = (own_method or method).strip().upper()
    texts = [_describe_entry(entry, method) for entry in entries if entry.properties]
    if len(texts) > _ENTRIES:
        texts[_ENTRIES:] = [f"({len(texts) - _ENTRIES} more)"]
    return "\n\n".join(text for text in texts if text)


def _read_entries(source: str) -> tuple[str, list[_Entry]]:
    method, entries, open_components = "", list[_Entry](), list[str]()
    for line in _unfold(source).split("\n", _LINES)[:_LINES]:
        match = _LINE.match(line)
        if not match:
            continue
        name, value = match[1].upper(), match[3].strip()
        component = value.upper()
        if name == "BEGIN":
            open_components.append(component)
            if component in _COMPONENTS:
                entries.append(_Entry())
        elif name == "END":
            # A component that never ends is over where the one around it ends.
            while component in open_components and open_components.pop() != component:
                pass
        elif open_components and open_components[-1] in _COMPONENTS:
            found = _Property(match[2], value[:_VALUE_CHARACTERS])
            entries[-1].properties.setdefault(name, found)
            if name == "ATTENDEE" and len(entries[-1].attendees) < 2:
                entries[-1].attendees.append(found)
        elif name == "METHOD":
            method = method or value
    return method, entries


def _unfold(source: str) -> str:
    """Join the continued lines, also those of quoted-printable values in vCalendar 1.0."""
    source = re.sub(r"\n[ \t]", "", source)
    return source.replace("=\n", "") if _QUOTED_PRINTABLE.search(source) else source


def _describe_entry(entry: _Entry, method: str) -> str:
    lines = [
        f"{name}: {_format_value(name, entry.properties[name])}"
        for name in _FIELDS
        if name in entry.properties and entry.properties[name].value
    ]
    kind = _describe_kind(entry, method)
    return "\n".join([kind, *lines] if kind and lines else lines)


def _describe_kind(entry: _Entry, method: str) -> str:
    status = entry.properties.get("STATUS")
    if status and status.value.upper() == "CANCELLED":
        return _METHODS["CANCEL"]
    if method == "REPLY" and len(entry.attendees) == 1:
        attendee = entry.attendees[0]
        answer = _ANSWERS.get(attendee.parameter("PARTSTAT").upper(), _METHODS["REPLY"])
        return f"{answer}: {_format_person(attendee)}"
    return _METHODS.get(method, "")


def _format_value(name: str, found: _Property) -> str:
    if name in ("DTSTART", "DTEND", "DUE"):
        return _format_time(found)
    if name == "ORGANIZER":
        return _format_person(found)
    if _QUOTED_PRINTABLE.search(found.parameters):
        raw = binascii.a2b_qp(found.value.encode())
        return charsets.decode(raw, found.parameter("CHARSET")).replace("\r\n", "\n").strip()
    return re.sub(
        r"\\(.)",
        lambda escape: "\n" if escape[1] in "nN" else escape[1],
        found.value,
        flags=re.DOTALL,
    ).strip()


def _format_time(found: _Property) -> str:
    """Return a date as 2026-12-01, a time as 2026-12-01 10:00 with its zone (RFC 5545, 3.3.5)."""
    match = _DATE.fullmatch(found.value)
    if not match:
        return found.value
    date = f"{match[1]}-{match[2]}-{match[3]}"
    if not match[4]:
        return date
    zone = "UTC" if match[6] else found.parameter("TZID")
    return f"{date} {match[4]}:{match[5]}" + (f" ({zone})" if zone else "")


def _format_person(found: _Property) -> str:
    address = re.sub(r"(?i)^mailto:", "", found.value)
    name = found.parameter("CN")
    return f"{name} <{address}>" if name and name != address else address
