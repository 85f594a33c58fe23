"""Convert HTML to readable text: by inscriptis, or by stripping tags where that would fail."""

from __future__ import annotations

import html
import re

from lxml.etree import LxmlError  # type: ignore[import-untyped]  # lxml has no types
from lxml.html import document_fromstring  # type: ignore[import-untyped]

from mailing.parsing import charsets, hidden_html, html_rendering

# inscriptis takes about 1 s a megabyte; beyond this size tags are stripped, 50 times as fast.
_LARGE_CHARACTERS = 500_000
# libxml2 silently drops content nested deeper than 256 elements.
_DEEP = 200
_END_OF_HIDDEN = {
    name: re.compile(f"</{name}\\b", re.I)
    for name in ("script", "style", "head", "title", "template", "noframes")
}
_BLOCKS = frozenset(
    {"br", "hr", "p", "div", "tr", "li", "ul", "ol", "table", "blockquote", "pre", "section"}
    | {"article", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_TAG_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,20})|<[!?]")
# A closing tag, or an opening one of an element that has an end of its own.
_CLOSING_OR_OPENING_TAG = re.compile(
    r"<(?:(/)|(?!(?:br|hr|img|meta|link|input|col|area|base|wbr|p|li|td|tr|th)\b))[a-zA-Z]"
)
_IMG = re.compile(r"<img\b[^<>]*+>", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')", re.IGNORECASE)


def convert(source: str, *, with_hidden: bool = False) -> str:
    """Return what a reader sees of an HTML document, as plain text; never raises.

    Images are their descriptions in brackets. What the document hides is left out unless asked for.
    """
    if not source.strip():
        return ""
    text = _convert(charsets.make_storable(source), with_hidden=with_hidden)
    return _tidy_lines(hidden_html.remove_fillers(text))


def _convert(source: str, *, with_hidden: bool) -> str:
    text = ""
    if len(source) <= _LARGE_CHARACTERS and not _is_nested_deep(source):
        # An XML declaration with an encoding makes lxml refuse a str.
        html_source = re.sub(r"^\s*<\?xml[^>]*>", "", source).strip()
        try:
            tree = document_fromstring(html_source)
            if not with_hidden:
                hidden_html.remove_hidden(tree)
            text = html_rendering.render(tree)
        except (LxmlError, ValueError, OverflowError, RecursionError, LookupError, AttributeError):
            pass
    if text.strip():
        return text
    visible = source if with_hidden else hidden_html.cut_hidden(source)
    return _strip_tags(_IMG.sub(_describe_image, visible))


def _is_nested_deep(source: str) -> bool:
    depth = 0
    for slash in _CLOSING_OR_OPENING_TAG.findall(source):
        if not slash:
            depth += 1
        elif depth:
            depth -= 1
        if depth > _DEEP:
            return True
    return False


def _strip_tags(source: str) -> str:
    """Remove the tags from HTML, with a line for each block, in time linear in its size."""
    pieces: list[str] = []
    position, never_closed = 0, set[str]()
    while (start := source.find("<", position)) >= 0:
        pieces.append(re.sub(r"\s+", " ", source[position:start]))
        tag = _TAG_NAME.match(source, start)
        if not tag:
            pieces.append("<")
            position = start + 1
            continue
        is_comment = source.startswith("<!--", start)
        end = source.find("-->" if is_comment else ">", start)
        if end < 0:
            position = len(source)  # a tag that never ends hides the rest, as in a browser
            break
        position = end + (3 if is_comment else 1)
        name = (tag[1] or "").lower()
        if name in _END_OF_HIDDEN and source[start + 1] != "/" and name not in never_closed:
            closing_tag = _END_OF_HIDDEN[name].search(source, position)
            if closing_tag:
                position = closing_tag.start()
            else:
                never_closed.add(name)
        pieces.append("\n" if name in _BLOCKS else " " if name in ("td", "th") else "")
    pieces.append(re.sub(r"\s+", " ", source[position:]))
    return html.unescape("".join(pieces))


def _describe_image(tag: re.Match[str]) -> str:
    alternative = _ALT.search(tag[0])
    words = " ".join((alternative[1] or alternative[2] or "").split()) if alternative else ""
    return f"[{words}]" if words else ""


def _tidy_lines(text: str) -> str:
    """Trim the ends of lines, and leave no more than one blank line in a row."""
    lines = [line.rstrip() for line in text.replace("\xa0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
