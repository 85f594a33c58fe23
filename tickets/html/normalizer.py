"""Rewrite HTML so that elements are properly nested and its size and depth are bounded.

An HTML5 parser keeps unclosed formatting elements and reopens them: without this step it takes a
minute for 500 kB of `<div>` and makes 87 MB out of 50 kB. Balanced HTML of bounded depth is parsed
at 2 MB in two seconds. This step guards against that alone; nh3, which runs after it, makes the
HTML safe.
"""

import html
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml has no types

from tickets.html import allowlist, css

MAX_CHARACTERS = 2_000_000
# Chromium flattens elements that are nested deeper than 512.
_MAX_DEPTH = 400
_MAX_ELEMENTS = 50_000
MAX_VALUE_CHARACTERS = 8_000
_MAX_FORMATTING_DEPTH = 10
# nh3 takes time in proportion to a text's length times its number of "&" and no-break spaces; this
# product takes a fifth of a second.
_MAX_TEXT_COST = 10**10


class TooComplex(ValueError):
    """The HTML is too large, too deeply nested or has too many elements to be shown."""


def normalize(source: str) -> str:
    """Return HTML with every element closed where its parent ends; raises `TooComplex`."""
    if len(source) > MAX_CHARACTERS:
        raise TooComplex
    if not source.strip():
        return ""
    parser = etree.HTMLParser(target=_Writer(), encoding="utf-8")
    try:
        result: str = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except etree.LxmlError as error:  # a name or value longer than libxml2 takes
        raise TooComplex from error
    return result


def format_attributes(tag: str, attributes: Any) -> str:
    """Return those attributes that the element may have, as text to follow its name."""
    allowed = allowlist.ATTRIBUTES["*"] | allowlist.ATTRIBUTES.get(tag, set())
    return "".join(
        f' {name}="{html.escape(value)}"'
        for name, value in attributes.items()
        if name in allowed and len(value) <= MAX_VALUE_CHARACTERS
    )


class _Writer:
    """A target for lxml's parser that writes the allowed elements and the text.

    The parser calls `end` for each `start`, in proper nesting.
    """

    def __init__(self) -> None:
        self._output: list[str] = []
        # For each open element the name of its end tag, "" for an element that is not written.
        self._open: list[str] = []
        self._dropped_depth = self._open_links = self._open_formatting = 0
        self._elements = self._characters = 0
        # The text since the last tag, and the cost of all texts before it.
        self._text_length = self._text_marks = self._text_cost = 0

    def start(self, tag: str, attributes: Any) -> None:
        self._elements += 1
        if len(self._open) >= _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise TooComplex
        self._open.append("")
        if self._dropped_depth or tag in allowlist.DROPPED_WITH_CONTENT:
            self._dropped_depth += 1
            return
        name = "div" if tag in allowlist.SHOWN_AS_DIV else tag
        if tag == "body" and (attributes := _body_style(attributes)):
            name = "div"
        if name in allowlist.TAGS and self._may_open(name):
            self._write_tag(f"<{name}{format_attributes(name, attributes)}>")
            if name not in allowlist.VOID:
                self._open[-1] = name
                self._open_links += name == "a"
                self._open_formatting += name in allowlist.FORMATTING

    def end(self, tag: str) -> None:
        name = self._open.pop()
        if self._dropped_depth:
            self._dropped_depth -= 1
        if name:
            self._open_links -= name == "a"
            self._open_formatting -= name in allowlist.FORMATTING
            self._write_tag(f"</{name}>")

    def data(self, text: str) -> None:
        if self._dropped_depth:
            return
        self._text_length += len(text)
        self._text_marks += text.count("&") + text.count("\xa0")
        if self._text_cost + self._text_length * self._text_marks > _MAX_TEXT_COST:
            raise TooComplex
        self._write(html.escape(text, quote=False))

    def close(self) -> str:
        return "".join(self._output)

    def _may_open(self, name: str) -> bool:
        """Return whether the element may be nested in the open elements."""
        if name == "a":
            return not self._open_links
        return name not in allowlist.FORMATTING or self._open_formatting < _MAX_FORMATTING_DEPTH

    def _write_tag(self, tag: str) -> None:
        self._text_cost += self._text_length * self._text_marks
        self._text_length = self._text_marks = 0
        self._write(tag)

    def _write(self, piece: str) -> None:
        self._characters += len(piece)
        if self._characters > MAX_CHARACTERS:
            raise TooComplex
        self._output.append(piece)


def _body_style(attributes: Any) -> dict[str, str]:
    """Return the body's style and colours, without which white text on black would be lost."""
    colours = [
        f"{name}:{attributes[attribute]}"
        for name, attribute in (("background-color", "bgcolor"), ("color", "text"))
        if attribute in attributes
    ]
    # The style comes last, because it overrides the old attributes.
    style = css.filter_style(";".join([*reversed(colours), attributes.get("style", "")]))
    return {"style": style} if style else {}
