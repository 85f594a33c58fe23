"""Readable text from HTML, by inscriptis where it can cope, by stripping tags where it cannot."""

from __future__ import annotations

import html
import re

from inscriptis import get_text
from lxml.etree import LxmlError

from mailing import charsets

# inscriptis takes about 1 s a megabyte; beyond this size tags are stripped, 50 times as fast.
_LARGE_CHARACTERS = 500_000
# libxml2 drops what is nested deeper than 256 elements, without a word.
_DEEP = 200
_UNSEEN = re.compile(
    r"<(script|style|head|title|template|noframes)\b[^>]*>.*?</\1\s*>", re.I | re.S
)
_COMMENT = re.compile(r"<!--.*?-->|<!\[.*?\]>|<[?!][^>]*>", re.S)
_BREAK = re.compile(r"<(?:br|hr|/?(?:p|div|tr|li|ul|ol|table|h[1-6]|blockquote|pre))\b[^>]*>", re.I)
_CELL = re.compile(r"</t[dh]\b[^>]*>", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_OPENED = re.compile(
    r"<(?!(?:br|hr|img|meta|link|input|col|area|base|wbr|p|li|td|tr|th)\b)[a-zA-Z]"
)
_CLOSED = re.compile(r"</[a-zA-Z]")


def to_text(source: str) -> str:
    """Return what a reader sees of an HTML document, as plain text; never raises."""
    if not source.strip():
        return ""
    source = charsets.clean(source)
    if len(source) <= _LARGE_CHARACTERS and not _is_deep(source):
        try:
            # An XML declaration with an encoding makes lxml refuse a str.
            text = get_text(re.sub(r"^\s*<\?xml[^>]*>", "", source))
        except (LxmlError, ValueError, RecursionError, AttributeError, KeyError, IndexError):
            text = ""
        if text.strip():
            return tidy(text)
    return tidy(strip(source))


def _is_deep(source: str) -> bool:
    depth, position = 0, 0
    marks = sorted(
        [(found.start(), 1) for found in _OPENED.finditer(source)]
        + [(found.start(), -1) for found in _CLOSED.finditer(source)]
    )
    for position, step in marks:
        depth = max(depth + step, 0)
        if depth > _DEEP:
            return True
    return position < 0


def strip(source: str) -> str:
    """Take the tags out of HTML, with a line for each block, in time linear in its size."""
    for pattern in (_UNSEEN, _COMMENT):
        source = pattern.sub(" ", source)
    source = _BREAK.sub("\n", re.sub(r"\s+", " ", source))
    return html.unescape(_TAG.sub("", _CELL.sub(" ", source)))


def tidy(text: str) -> str:
    """Trim lines, and leave no more than one blank line in a row."""
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
