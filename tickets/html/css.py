"""Which declarations of a `style` attribute may stay: an own grammar for each property.

Nothing that moves an element out of its place, lays it over another, hides it, names a resource or
computes a value gets through. What is written is canonical, so filtering it again changes nothing.
"""

import re
from collections.abc import Callable

_CHARACTERS = 4_000

_Check = Callable[[str], str | None]

_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
    "in": 96.0,
    "cm": 37.8,
    "mm": 3.78,
}
_NUMBER = re.compile(r"\+?(\d{0,6}(?:\.\d{1,10})?)(px|pt|pc|r?em|ex|ch|in|cm|mm|%|)")
_COLOUR = re.compile(r"#[0-9a-f]{3,8}|[a-z]{3,24}|(?:rgb|hsl)a?\([0-9.,%/ ]{1,40}\)")
_FAMILY = re.compile(r"[^\W\d_](?:[\w-]| (?! )){0,60}")
_TOKEN = re.compile(r"[^\s(]+(?:\([^()]*\))?")

_BORDER_STYLES = frozenset(
    {"none", "hidden", "solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"}
)


def _words(*allowed: str) -> _Check:
    return lambda value: value if value in allowed else None


def _colour(value: str) -> str | None:
    return value.replace(" ", "") if _COLOUR.fullmatch(value) else None


def _size(*, least: float = 0, most: float, percent: tuple[float, float] = (0, 100)) -> _Check:
    """A length in any unit within limits in pixels, or a percentage within limits of its own."""

    def check(value: str) -> str | None:
        found = _NUMBER.fullmatch(value)
        if not found or found[1] in ("", "."):
            return None
        number, unit = float(found[1]), found[2]
        if unit == "%":
            return value if percent[0] <= number <= percent[1] else None
        if unit == "" and number and most != _TIMES:
            return None  # only a zero, and a line's height, go without a unit
        return value if least <= number * _PIXELS[unit] <= most else None

    return check


_TIMES = 80.0


def _line_height(value: str) -> str | None:
    found = _NUMBER.fullmatch(value)
    if found and found[2] == "" and found[1] not in ("", "."):
        return value if 0.8 <= float(found[1]) <= 5 else None
    return value if value == "normal" else _size(least=6, most=_TIMES, percent=(80, 500))(value)


def _each(check: _Check, *, most: int = 4) -> _Check:
    """Up to so many values, each of which passes."""

    def check_each(value: str) -> str | None:
        kept = [check(token) for token in _TOKEN.findall(value)]
        return " ".join(map(str, kept)) if all(kept) and 0 < len(kept) <= most else None

    return check_each


def _either(*checks: _Check) -> _Check:
    return lambda value: next((kept for check in checks if (kept := check(value))), None)


def _family(value: str) -> str | None:
    names = [name.strip("\"' ") for name in value.split(",")]
    good = [name for name in names if _FAMILY.fullmatch(name)]
    return ",".join(good) or None


_BORDER_WIDTH = _either(_size(most=20, percent=(0, 0)), _words("thin", "medium", "thick"))
_BORDER = _each(_either(_BORDER_WIDTH, _words(*_BORDER_STYLES), _colour), most=3)
_MARGIN = _each(_either(_size(most=200, percent=(0, 50)), _words("auto")))
_PADDING = _each(_size(most=200, percent=(0, 50)))
_WIDTH = _either(_size(most=2_000), _words("auto"))
_SIDES = ("", "-top", "-right", "-bottom", "-left")

_PROPERTIES: dict[str, _Check] = {
    "color": _colour,
    "background-color": _colour,
    "font-family": _family,
    "font-size": _either(
        _size(least=6, most=100, percent=(50, 400)),
        _words("xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large"),
        _words("smaller", "larger"),
    ),
    "font-style": _words("normal", "italic", "oblique"),
    "font-variant": _words("normal", "small-caps"),
    "font-weight": _words(
        *("normal", "bold", "bolder", "lighter"), *(str(weight) for weight in range(100, 1000, 100))
    ),
    "line-height": _line_height,
    "text-align": _words("left", "right", "center", "justify", "start", "end"),
    "text-decoration": _words("none", "underline", "line-through", "overline"),
    "text-transform": _words("none", "uppercase", "lowercase", "capitalize"),
    "vertical-align": _words(
        *("baseline", "top", "middle", "bottom", "sub", "super", "text-top", "text-bottom")
    ),
    "white-space": _words("normal", "nowrap", "pre", "pre-wrap", "pre-line"),
    "word-break": _words("normal", "break-all", "break-word", "keep-all"),
    "overflow-wrap": _words("normal", "break-word", "anywhere"),
    "direction": _words("ltr", "rtl"),
    "display": _words("block", "inline", "inline-block"),
    "list-style-type": _words(
        *("none", "disc", "circle", "square", "decimal"),
        *("lower-alpha", "upper-alpha", "lower-roman", "upper-roman", "lower-latin", "upper-latin"),
    ),
    "width": _WIDTH,
    "max-width": _WIDTH,
    "height": _either(_size(most=2_000, percent=(0, 0)), _words("auto")),
    "border-collapse": _words("collapse", "separate"),
    "border-spacing": _each(_size(most=50, percent=(0, 0)), most=2),
    "border-radius": _each(_size(most=200, percent=(0, 50))),
    "border-width": _each(_BORDER_WIDTH),
    "border-style": _each(_words(*_BORDER_STYLES)),
    "border-color": _each(_colour),
    **{f"border{side}": _BORDER for side in _SIDES},
    **{f"border{side}-width": _BORDER_WIDTH for side in _SIDES[1:]},
    **{f"border{side}-style": _words(*_BORDER_STYLES) for side in _SIDES[1:]},
    **{f"border{side}-color": _colour for side in _SIDES[1:]},
    **{f"margin{side}": _MARGIN for side in _SIDES},
    **{f"padding{side}": _PADDING for side in _SIDES},
}

PROPERTIES = frozenset(_PROPERTIES)


def filtered(style: str) -> str | None:
    """Return the declarations that may stay, or None when none does; linear in its length."""
    kept: dict[str, str] = {}
    for declaration in style[:_CHARACTERS].lower().split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip()
        value = " ".join(value.removesuffix("!important").replace("! important", "").split())
        if name == "background":
            name = "background-color"  # of the shorthand a colour alone stays
        check = _PROPERTIES.get(name)
        good = check(value) if check else None
        if good:
            kept.pop(name, None)
            kept[name] = good
    return ";".join(f"{name}:{value}" for name, value in kept.items()) or None
