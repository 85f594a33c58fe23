"""Filter the declarations of a `style` attribute, with a small grammar for each property.

Declarations that move an element out of its place, lay it over another, hide it, load a resource
or compute a value are dropped. The output is canonical, so filtering it again changes nothing.
"""

import re
from collections.abc import Callable

_MAX_CHARACTERS = 4_000

# Returns the value as it may be written, or None where it may not stay.
_Check = Callable[[str], str | None]

# Pixels of each unit, close enough for limits.
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


def _keywords(*allowed: str) -> _Check:
    return lambda value: value if value in allowed else None


def _colour(value: str) -> str | None:
    return value.replace(" ", "") if _COLOUR.fullmatch(value) else None


def _length(*, least: float = 0, most: float, percent: tuple[float, float] = (0, 100)) -> _Check:
    """Accept a length within limits in pixels, or a percentage within limits of its own."""

    def check(value: str) -> str | None:
        match = _NUMBER.fullmatch(value)
        if not match or match[1] in ("", "."):
            return None
        number, unit = float(match[1]), match[2]
        if unit == "%":
            return value if percent[0] <= number <= percent[1] else None
        if unit == "" and number:
            return None  # zero is the only length without a unit
        return value if least <= number * _PIXELS[unit] <= most else None

    return check


_LINE_HEIGHT_LENGTH = _length(least=6, most=80, percent=(80, 500))


def _line_height(value: str) -> str | None:
    match = _NUMBER.fullmatch(value)
    if match and match[2] == "" and match[1] not in ("", "."):
        return value if 0.8 <= float(match[1]) <= 5 else None
    return value if value == "normal" else _LINE_HEIGHT_LENGTH(value)


def _list_of(check: _Check, *, most: int = 4) -> _Check:
    """Accept up to `most` values that each pass the check."""

    def check_each(value: str) -> str | None:
        values = [check(token) for token in _TOKEN.findall(value)]
        return " ".join(map(str, values)) if all(values) and 0 < len(values) <= most else None

    return check_each


def _any_of(*checks: _Check) -> _Check:
    """Accept what one of the checks accepts."""
    return lambda value: next((passed for check in checks if (passed := check(value))), None)


def _font_family(value: str) -> str | None:
    names = [name.strip("\"' ") for name in value.split(",")]
    return ",".join(name for name in names if _FAMILY.fullmatch(name)) or None


_BORDER_WIDTH = _any_of(_length(most=20, percent=(0, 0)), _keywords("thin", "medium", "thick"))
_BORDER = _list_of(_any_of(_BORDER_WIDTH, _keywords(*_BORDER_STYLES), _colour), most=3)
_MARGIN = _list_of(_any_of(_length(most=200, percent=(0, 50)), _keywords("auto")))
_PADDING = _list_of(_length(most=200, percent=(0, 50)))
_WIDTH = _any_of(_length(most=2_000), _keywords("auto"))
_SIDES = ("", "-top", "-right", "-bottom", "-left")

_PROPERTIES: dict[str, _Check] = {
    "color": _colour,
    "background-color": _colour,
    "font-family": _font_family,
    "font-size": _any_of(
        _length(least=6, most=100, percent=(50, 400)),
        _keywords("xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large"),
        _keywords("smaller", "larger"),
    ),
    "font-style": _keywords("normal", "italic", "oblique"),
    "font-variant": _keywords("normal", "small-caps"),
    "font-weight": _keywords(
        *("normal", "bold", "bolder", "lighter"), *(str(weight) for weight in range(100, 1000, 100))
    ),
    "line-height": _line_height,
    "text-align": _keywords("left", "right", "center", "justify", "start", "end"),
    "text-decoration": _keywords("none", "underline", "line-through", "overline"),
    "text-transform": _keywords("none", "uppercase", "lowercase", "capitalize"),
    "vertical-align": _keywords(
        *("baseline", "top", "middle", "bottom", "sub", "super", "text-top", "text-bottom")
    ),
    "white-space": _keywords("normal", "nowrap", "pre", "pre-wrap", "pre-line"),
    "word-break": _keywords("normal", "break-all", "break-word", "keep-all"),
    "overflow-wrap": _keywords("normal", "break-word", "anywhere"),
    "direction": _keywords("ltr", "rtl"),
    "display": _keywords("block", "inline", "inline-block"),
    "list-style-type": _keywords(
        *("none", "disc", "circle", "square", "decimal"),
        *("lower-alpha", "upper-alpha", "lower-roman", "upper-roman", "lower-latin", "upper-latin"),
    ),
    "width": _WIDTH,
    "max-width": _WIDTH,
    "height": _any_of(_length(most=2_000, percent=(0, 0)), _keywords("auto")),
    "border-collapse": _keywords("collapse", "separate"),
    "border-spacing": _list_of(_length(most=50, percent=(0, 0)), most=2),
    "border-radius": _list_of(_length(most=200, percent=(0, 50))),
    "border-width": _list_of(_BORDER_WIDTH),
    "border-style": _list_of(_keywords(*_BORDER_STYLES)),
    "border-color": _list_of(_colour),
    **{f"border{side}": _BORDER for side in _SIDES},
    **{f"border{side}-width": _BORDER_WIDTH for side in _SIDES[1:]},
    **{f"border{side}-style": _keywords(*_BORDER_STYLES) for side in _SIDES[1:]},
    **{f"border{side}-color": _colour for side in _SIDES[1:]},
    **{f"margin{side}": _MARGIN for side in _SIDES},
    **{f"padding{side}": _PADDING for side in _SIDES},
}

PROPERTIES = frozenset(_PROPERTIES)


def filter_style(style: str) -> str | None:
    """Return the declarations that may stay, or None when none does; linear in its length."""
    allowed: dict[str, str] = {}
    for declaration in style[:_MAX_CHARACTERS].lower().split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip()
        value = " ".join(value.removesuffix("!important").replace("! important", "").split())
        if name == "background":
            name = "background-color"  # only a colour stays of the shorthand
        check = _PROPERTIES.get(name)
        passed = check(value) if check else None
        if passed:
            allowed.pop(name, None)  # the last declaration of a property counts
            allowed[name] = passed
    return ";".join(f"{name}:{value}" for name, value in allowed.items()) or None
