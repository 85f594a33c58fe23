"""Recognize what HTML of mail hides: above all the preheader, which only lists of mail show."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_STYLE_CHARACTERS = 4_000
_SHEET_CHARACTERS = 200_000
_MAX_CLASSES = 20
_SIDES = ("max-height", "height", "max-width", "width")
_PROPERTIES = frozenset(
    {"display", "visibility", "opacity", "color", "overflow", "font-size", *_SIDES}
    | {"position", "left", "top", "text-indent", "clip"}
)
_SELECTOR = re.compile(r"[a-zA-Z0-9*]{0,20}([.#][\w-]{1,100})")
_STYLE_ATTRIBUTE = re.compile(r"\bstyle\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]*+)>")
_VOID = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")
_HIDDEN_ATTRIBUTE = re.compile(r"\shidden(?=[\s=/]|\Z)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{0,6}(?:\.\d{0,10})?)\s*(?:px|pt|pc|r?em|ex|ch|in|cm|mm|vh|vw|%|)")
# Text of this size in pixels or points cannot be read.
_UNREADABLE = 1.0
_FAR_AWAY = re.compile(r"-\d{3,}")
_CUT_TO_NOTHING = re.compile(r"rect\((?:\s*[01](?:px)?[\s,]*){4}\)")
# Characters without width: combining grapheme joiner, soft hyphen, Arabic letter mark, Hangul
# fillers, Mongolian vowel separator, zero-width space to right-to-left mark, word joiner to
# invisible plus, byte-order mark.
_FILLERS = "\u034f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u3164\ufeff"
_VISIBLE = re.compile(rf"[^\s{_FILLERS}]")
# Joiners have a meaning between letters; three in a row or with only blanks between them fill.
_FILLER_RUN = re.compile(rf"[{_FILLERS}](?:\s*+[{_FILLERS}]){{2,}}+[^\S\n]*+")


@dataclass(frozen=True, slots=True)
class _Style:
    """Declarations in lower case; important ones count before the usual ones."""

    usual: dict[str, str] = field(default_factory=dict)
    important: dict[str, str] = field(default_factory=dict)

    @property
    def computed(self) -> dict[str, str]:
        """The value of each property."""
        return self.usual | self.important

    def override(self, declarations: str) -> _Style:
        """Return the style with further declarations, which count before it."""
        usual, important = dict(self.usual), dict(self.important)
        for declaration in declarations[:_STYLE_CHARACTERS].lower().split(";"):
            name, _, value = declaration.partition(":")
            value, is_important, _ = value.partition("!")
            if name.strip() in _PROPERTIES:
                (important if is_important else usual)[name.strip()] = value.strip()
        return _Style(usual, important)


def remove_hidden(tree: Any) -> None:
    """Empty the hidden elements of an HTML tree; what follows them stays."""
    rules = _read_style_sheets(tree)
    # Whether a style hides, and its size of text: mail has few styles, each on many elements.
    known: dict[tuple[str | None, ...], tuple[bool, str]] = {}
    todo = [(tree, False)]
    while todo:
        element, is_unreadable = todo.pop()
        if not isinstance(element.tag, str):
            continue  # a comment
        key = (element.get("style"), *(map(element.get, ("class", "id")) if rules else ()))
        if key not in known:
            style = _find_style(element, rules)
            known[key] = _is_hidden(style), style.get("font-size", "")
        is_hidden, size = known[key]
        if is_hidden or element.get("hidden") is not None:
            element.clear(keep_tail=True)
            continue
        # Text of size zero is hidden, but an element within it may have a size of its own.
        is_unreadable = _is_size_unreadable(size, is_unreadable) if size else is_unreadable
        children = list(element)
        if is_unreadable:
            element.text = None
            for child in children:
                child.tail = None
        todo.extend((child, is_unreadable) for child in children)


def _read_style_sheets(tree: Any) -> dict[str, _Style]:
    """Return the rules for a class alone or an id alone, by ".class" and "#id".

    Rules within @media are left out: they are for other screens.
    """
    sheets = "\n".join(element.text or "" for element in tree.iter("style"))
    comments = sheets[:_SHEET_CHARACTERS].split("/*")
    source = comments[0] + "".join(comment.partition("*/")[2] for comment in comments[1:])
    rules: dict[str, _Style] = {}
    selectors, depth, before = "", 0, ""
    for piece in re.split(r"([{}])", source):
        if piece == "{":
            depth += 1
            selectors = before if depth == 1 else selectors
        elif piece == "}":
            if depth == 1:
                for selector in selectors.split(","):
                    match = _SELECTOR.fullmatch(selector.strip())
                    if match:
                        rules[match[1]] = rules.get(match[1], _Style()).override(before)
            depth = max(depth - 1, 0)
        before = piece
    return rules


def _find_style(element: Any, rules: dict[str, _Style]) -> dict[str, str]:
    style = _Style()
    if rules:
        names = [f".{name}" for name in (element.get("class") or "").split()[:_MAX_CLASSES]]
        for name in (*names, f"#{element.get('id')}"):
            if name in rules:
                rule = rules[name]
                style = _Style(style.usual | rule.usual, style.important | rule.important)
    return style.override(element.get("style") or "").computed


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
    return style is not None and _is_hidden(_Style().override(style[1] or style[2] or "").computed)


def remove_fillers(text: str) -> str:
    """Remove runs of characters without width, with which preheaders are filled up."""
    return _FILLER_RUN.sub("", text)


def has_visible(text: str) -> bool:
    """Return whether a text has anything but blanks and characters without width."""
    return bool(_VISIBLE.search(text))


def _is_hidden(style: dict[str, str]) -> bool:
    if style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if _is_zero(style.get("opacity", "")) or style.get("color") == "transparent":
        return True
    if _is_outside(style):
        return True
    zero_sides = [_is_zero(style.get(side, "")) for side in _SIDES]
    if style.get("overflow") in ("hidden", "clip"):
        return any(zero_sides)
    return any(zero_sides[:2]) and any(zero_sides[2:])


def _is_outside(style: dict[str, str]) -> bool:
    """Return whether an element is moved out of sight, or cut to nothing or to a point."""
    if any(_FAR_AWAY.match(style.get(side, "")) for side in ("left", "top", "text-indent")):
        return True
    if style.get("position") == "absolute" and _CUT_TO_NOTHING.match(style.get("clip", "")):
        return True
    is_point = all((_read_number(style.get(side, "")) or 2) <= 1 for side in ("width", "height"))
    return is_point and style.get("overflow") in ("hidden", "clip")


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
