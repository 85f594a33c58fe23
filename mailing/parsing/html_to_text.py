"""Readable text from HTML, by inscriptis where it can cope, by stripping tags where it cannot."""

from __future__ import annotations

import html
import re

from inscriptis import get_text
from lxml.etree import LxmlError  # type: ignore[import-untyped]  # lxml has no types

from mailing.parsing import charsets

# inscriptis takes about 1 s a megabyte; beyond this size tags are stripped, 50 times as fast.
_LARGE_CHARACTERS = 500_000
# libxml2 drops what is nested deeper than 256 elements, without a word.
_DEEP = 200
_UNSEEN = {
    name: re.compile(f"</{name}\\b", re.I)
    for name in ("script", "style", "head", "title", "template", "noframes")
}
_BREAKS = frozenset(
    {"br", "hr", "p", "div", "tr", "li", "ul", "ol", "table", "blockquote", "pre", "section"}
    | {"article", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,20})|<[!?]")
_OPENED = re.compile(
    r"<(?!(?:br|hr|img|meta|link|input|col|area|base|wbr|p|li|td|tr|th)\b)[a-zA-Z]"
)
_CLOSED = re.compile(r"</[a-zA-Z]")


def to_text(source: str) -> str:
    """Return what a reader sees of an HTML document, as plain text; never raises."""
    if not source.strip():
        return ""
    source = charsets.make_storable(source)
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
    depth = 0
    marks = sorted(
        [(found.start(), 1) for found in _OPENED.finditer(source)]
        + [(found.start(), -1) for found in _CLOSED.finditer(source)]
    )
    for _, step in marks:
        depth = max(depth + step, 0)
        if depth > _DEEP:
            return True
    return False


def strip(source: str) -> str:
    """Take the tags out of HTML, with a line for each block, in time linear in its size."""
    out: list[str] = []
    position, unclosed = 0, set[str]()
    while (start := source.find("<", position)) >= 0:
        out.append(re.sub(r"\s+", " ", source[position:start]))
        found = _NAME.match(source, start)
        if not found:
            out.append("<")
            position = start + 1
            continue
        comment = source.startswith("<!--", start)
        end = source.find("-->" if comment else ">", start)
        if end < 0:
            position = len(source)  # a tag that never ends hides the rest, as in a browser
            break
        position = end + (3 if comment else 1)
        name = (found[1] or "").lower()
        if name in _UNSEEN and source[start + 1] != "/" and name not in unclosed:
            close = _UNSEEN[name].search(source, position)
            position = close.start() if close else position
            if not close:
                unclosed.add(name)
        out.append("\n" if name in _BREAKS else " " if name in ("td", "th") else "")
    out.append(re.sub(r"\s+", " ", source[position:]))
    return html.unescape("".join(out))


def tidy(text: str) -> str:
    """Trim lines, and leave no more than one blank line in a row."""
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
