"""Texts cut into their segments, for the tests."""

from __future__ import annotations

from tickets.quotes.segments import split_segments


def segments_of(text: str) -> list[tuple[str, str]]:
    """Return kind and text of each segment."""
    return [(segment.kind, text[segment.start : segment.end]) for segment in split_segments(text)]


def reply_in(text: str) -> str:
    """Return the person's own words."""
    return "".join(part for kind, part in segments_of(text) if kind == "reply")
