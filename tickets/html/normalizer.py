"""HTML written again with every element closed where its parent ends, and bounded.

An HTML5 parser alone takes a minute for 500 kB of `<div>` and makes 87 MB of 50 kB, for it keeps
what was left open and opens it again. Of what is balanced, nested a few hundred deep at most, it
reads 2 MB in two seconds. This is no wall against anything but that: nh3 comes after it.
"""

import html
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml has no types

from tickets.html import allowlist, css

CHARACTERS = 2_000_000
# Chromium lays elements flat that are nested deeper than 512.
DEPTH = 400
ELEMENTS = 50_000
VALUE_CHARACTERS = 8_000
_FORMATTING_DEPTH = 10
# nh3 writes a text in time that grows with its length times the "&" and no-break spaces in it: so
# much is a fifth of a second.
_TEXT_COST = 10**10


class TooComplex(ValueError):
    """The HTML is larger, deeper or richer in elements than is shown."""


def balanced(source: str) -> str:
    """Write HTML again with every element closed where its parent ends, within the bounds."""
    if len(source) > CHARACTERS:
        raise TooComplex
    if not source.strip():
        return ""
    parser = etree.HTMLParser(target=_Writer(), encoding="utf-8")
    try:
        result: str = etree.fromstring(source.encode("utf-8", "replace"), parser)
    except etree.LxmlError as error:  # a name or value longer than libxml2 takes
        raise TooComplex from error
    return result


class _Writer:
    """Takes the events of lxml's parser, whose ends match its starts, and writes what may stay."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._open: list[str] = []  # what to write at the end of each open element
        self._elements = self._unseen = self._links = self._formatting = 0
        self._characters = self._text_length = self._text_marks = self._text_cost = 0

    def start(self, tag: str, attributes: Any) -> None:
        self._elements += 1
        if len(self._open) >= DEPTH or self._elements > ELEMENTS:
            raise TooComplex
        self._open.append("")
        if self._unseen or tag in allowlist.UNSEEN:
            self._unseen += 1
            return
        name = "div" if tag in allowlist.AS_DIV else tag
        if tag == "body" and (attributes := _of_body(attributes)):
            name = "div"
        if name in allowlist.TAGS and self._count(name):
            self._write_tag(f"<{name}{written(name, attributes)}>")
            if name not in allowlist.VOID:
                self._open[-1] = name

    def end(self, tag: str) -> None:
        name = self._open.pop()
        if self._unseen:
            self._unseen -= 1
        if name:
            self._formatting -= name in allowlist.FORMATTING
            self._links -= name == "a"
            self._write_tag(f"</{name}>")

    def data(self, text: str) -> None:
        if self._unseen:
            return
        self._text_length += len(text)
        self._text_marks += text.count("&") + text.count("\xa0")
        if self._text_cost + self._text_length * self._text_marks > _TEXT_COST:
            raise TooComplex
        self._write(html.escape(text, quote=False))

    def close(self) -> str:
        return "".join(self._out)

    def _count(self, name: str) -> bool:
        """Tell whether there is room for one more of these inside the open ones."""
        if (name == "a" and self._links) or (
            name in allowlist.FORMATTING and self._formatting >= _FORMATTING_DEPTH
        ):
            return False
        self._links += name == "a"
        self._formatting += name in allowlist.FORMATTING
        return True

    def _write_tag(self, tag: str) -> None:
        self._text_cost += self._text_length * self._text_marks
        self._text_length = self._text_marks = 0
        self._write(tag)

    def _write(self, piece: str) -> None:
        self._characters += len(piece)
        if self._characters > CHARACTERS:
            raise TooComplex
        self._out.append(piece)


def _of_body(attributes: Any) -> dict[str, str]:
    """Return the style of the whole, whose colours white text on black cannot do without."""
    said = (
        attributes.get("style", ""),
        *(
            f"{name}:{attributes[attribute]}"
            for name, attribute in (("background-color", "bgcolor"), ("color", "text"))
            if attribute in attributes
        ),
    )
    style = css.filtered(";".join(reversed(said)))
    return {"style": style} if style else {}


def written(tag: str, attributes: Any) -> str:
    """Return the attributes that an element may have, as they stand in its tag."""
    allowed = allowlist.ATTRIBUTES["*"] | allowlist.ATTRIBUTES.get(tag, set())
    return "".join(
        f' {name}="{html.escape(value)}"'
        for name, value in attributes.items()
        if name in allowed and len(value) <= VALUE_CHARACTERS
    )
