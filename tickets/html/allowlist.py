"""The elements, attributes and attribute values that may stay in HTML of mail."""

import re

# HTML5 parsers reopen these in every following block while they are not closed.
FORMATTING = frozenset(
    {"b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"}
)
VOID = frozenset({"br", "col", "hr", "img", "wbr"})
TAGS = (
    FORMATTING
    | VOID
    | {"a", "abbr", "acronym", "address", "bdi", "bdo", "blockquote", "caption", "center", "cite"}
    | {"colgroup", "dd", "del", "dfn", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "samp", "span", "sub", "sup", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "time", "tr", "ul", "var"}
)
SHOWN_AS_DIV = frozenset(
    {"article", "aside", "figcaption", "figure", "footer", "header", "main", "nav"} | {"section"}
)
# Dropped with everything inside, which is not text for a reader.
DROPPED_WITH_CONTENT = frozenset(
    {"applet", "audio", "canvas", "embed", "frameset", "iframe", "math", "noembed", "noframes"}
    | {"object", "script", "style", "svg", "template", "title", "video", "xml"}
)

# Patterns for whole values.
_WORD = re.compile(r"[a-zA-Z][a-zA-Z-]{0,30}")
_COLOUR = re.compile(r"#?[0-9a-zA-Z]{1,20}")
_SIZE = re.compile(r"1?\d{1,3}(?:px)?|(?:100|\d{1,2})%")
_SMALL_NUMBER = re.compile(r"\d{1,2}")
_ANY_TEXT = re.compile(r".{0,1000}", re.S)
VALUES: dict[str, re.Pattern[str]] = {
    "align": _WORD,
    "alt": _ANY_TEXT,
    "bgcolor": _COLOUR,
    "border": _SMALL_NUMBER,
    "cellpadding": _SMALL_NUMBER,
    "cellspacing": _SMALL_NUMBER,
    "color": _COLOUR,
    "colspan": _SMALL_NUMBER,
    "dir": _WORD,
    "face": re.compile(r"[\w ,'\"-]{1,200}"),
    "height": _SIZE,
    # Absolute URLs only. Without leading spaces or control characters a browser cannot read
    # another scheme into the value.
    "href": re.compile(r"(?:https?://[^\s/\\]|mailto:|tel:)[^\x00-\x1f]*", re.I),
    "lang": _WORD,
    "nowrap": re.compile(r"(?:nowrap)?", re.I),
    "rowspan": re.compile(r"\d{1,3}"),
    "size": re.compile(r"[+-]?\d"),
    "span": _SMALL_NUMBER,
    "src": re.compile(r"cid:[^\x00-\x20]{1,1000}", re.I),
    "start": re.compile(r"-?\d{1,6}"),
    "title": _ANY_TEXT,
    "type": re.compile(r"[1aAiI]|disc|circle|square", re.I),
    "valign": _WORD,
    "width": _SIZE,
}
# The address of an image of a web server, as `href` for links.
REMOTE_IMAGE = re.compile(r"https?://[^\s/\\][^\x00-\x20\\]*", re.I)
_TABLE = {"align", "bgcolor", "border", "cellpadding", "cellspacing", "height", "width"}
_CELL = {"align", "bgcolor", "colspan", "height", "nowrap", "rowspan", "valign", "width"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "style", "title"},
    "a": {"href"},
    "col": {"align", "span", "valign", "width"},
    "colgroup": {"align", "span", "valign", "width"},
    "font": {"color", "face", "size"},
    "hr": {"align", "color", "size", "width"},
    "img": {"align", "alt", "border", "height", "src", "width"},
    "ol": {"start", "type"},
    "table": _TABLE,
    "td": _CELL,
    "th": _CELL,
    "ul": {"type"},
    **{name: {"align", "bgcolor", "valign"} for name in ("tbody", "tfoot", "thead", "tr")},
    **{name: {"align"} for name in ("caption", "div", "h1", "h2", "h3", "h4", "h5", "h6", "p")},
}
