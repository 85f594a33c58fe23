"""Recognize what HTML of mail hides: above all the preheader, which only lists of mail show."""

from __future__ import annotations

import re
from typing import Any

_STYLE_CHARACTERS = 4_000
_STYLE_ATTRIBUTE = re.compile(r"\bstyle\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]*+)>")
_VOID = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")
_HIDDEN_ATTRIBUTE = re.compile(r"\shidden(?=[\s=/]|\Z)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{0,6}(?:\.\d{0,10})?)\s*(?:px|pt|pc|r?em|ex|ch|in|cm|mm|vh|vw|%|)")
# Text of this size in pixels or points cannot be read.
_UNREADABLE = 1.0
# Characters without width: combining grapheme joiner, soft hyphen, Arabic letter mark, Hangul
# fillers, Mongolian vowel separator, zero-width space to right-to-left mark, word joiner to
# invisible plus, byte-order mark.
_FILLERS = "\u034f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u3164\ufeff"
_FILLER = re.compile(rf"[{_FILLERS}]")
# Joiners have a meaning between letters; three in a row or with only blanks between them fill.
_FILLER_RUN = re.compile(rf"[{_FILLERS}](?:\s*+[{_FILLERS}]){{2,}}+[^\S\n]*+")


def remove_hidden(tree: Any) -> None:
    """Empty the hidden elements of an HTML tree; what follows them stays."""
    todo = [(tree, False)]
    while todo:
        element, is_unreadable = todo.pop()
        if not isinstance(element.tag, str):
            continue  # a comment
        style = _parse_style(element.get("style") or "")
        if _is_hidden(style) or element.get("hidden") is not None:
            element.clear(keep_tail=True)
            continue
        # Text of size zero is hidden, but an element within it may have a size of its own.
        is_unreadable = _is_size_unreadable(style.get("font-size", ""), is_unreadable)
        children = list(element)
        if is_unreadable:
            element.text = None
            for child in children:
                child.tail = None
        todo.extend((child, is_unreadable) for child in children)


def cut_hidden(source: str) -> str:
    """Cut the hidden elements out of HTML's source, in time linear in its size."""
    pieces: list[str] = []
    position, hidden_name, depth = 0, "", 0
    for tag in _TAG.finditer(source):
        name = tag[2].lower()
        if depth:
            depth += (name == hidden_name) * (-1 if tag[1] else 1)
            position = tag.end()
        elif not tag[1] and name not in _VOID and _hides(tag[3]):
            pieces.append(source[position : tag.start()])
            hidden_name, depth = name, 1
            position = tag.end()
    if not depth:
        pieces.append(source[position:])
    return "".join(pieces)


def _hides(attributes: str) -> bool:
    if _HIDDEN_ATTRIBUTE.search(_STYLE_ATTRIBUTE.sub("", attributes)):
        return True
    style = _STYLE_ATTRIBUTE.search(attributes)
    return style is not None and _is_hidden(_parse_style(style[1] or style[2] or ""))


def remove_fillers(text: str) -> str:
    """Remove runs of characters without width, with which preheaders are filled up."""
    return _FILLER_RUN.sub("", text)


def remove_invisible(text: str) -> str:
    """Remove every character without width, to see whether anything is left to read."""
    return _FILLER.sub("", text)


def _parse_style(style: str) -> dict[str, str]:
    """Return the declarations of a style in lower case; important ones count before others."""
    usual: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in style[:_STYLE_CHARACTERS].lower().split(";"):
        name, _, value = declaration.partition(":")
        value, is_important, _ = value.partition("!")
        (important if is_important else usual)[name.strip()] = value.strip()
    return usual | important


def _is_hidden(style: dict[str, str]) -> bool:
    if style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if _is_zero(style.get("opacity", "")) or style.get("color") == "transparent":
        return True
    is_cut = style.get("overflow") in ("hidden", "clip")
    sides = ("max-height", "height", "max-width", "width")
    return is_cut and any(_is_zero(style.get(side, "")) for side in sides)


def _is_zero(value: str) -> bool:
    return _read_number(value) == 0


def _is_size_unreadable(size: str, is_around_unreadable: bool) -> bool:
    number = _read_number(size)
    if number is None:
        # A keyword such as "medium" has a size of its own, "inherit" has not.
        return is_around_unreadable and size in ("", "inherit")
    if size.endswith(("em", "%")) and not size.endswith("rem"):
        return number == 0 or is_around_unreadable
    return number <= _UNREADABLE and (number == 0 or size.endswith(("px", "pt")))


def _read_number(value: str) -> float | None:
    match = _NUMBER.fullmatch(value)
    return float(match[1]) if match and match[1] not in ("", ".") else None
