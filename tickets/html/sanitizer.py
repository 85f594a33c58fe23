"""HTML of a stranger, made harmless to look at.

It is balanced and bounded first; then nh3 keeps what is on the lists of `html_rules` and nothing
else. The result must come out of both unchanged, so that a browser reads what they read. The
content security policy of the page around it is a wall of its own.
"""

import html
import re
from collections.abc import Callable
from urllib.parse import unquote

import nh3

from tickets.html import allowlist, css
from tickets.html.normalizer import VALUE_CHARACTERS, TooComplex, balanced, written

_PASSES = 5
# All inline images of a message together, as data: URIs.
IMAGE_CHARACTERS = 16_000_000


def sanitise(source: str, *, image: Callable[[str], str | None]) -> str:
    """Return a fragment of HTML that neither acts nor asks anything of the network.

    `image` is given a content id and returns a `data:` URI of a png, jpeg, gif or webp, or None.
    An image that it does not know, and one that is not in the mail, gives way to its text.
    Raises `TooComplex` beyond `CHARACTERS`, `DEPTH` or `ELEMENTS`.
    """
    clean = source
    for _ in range(_PASSES):
        before, clean = clean, _CLEANER.clean(balanced(clean))
        if clean == before:
            return _with_images(clean, image)
    raise TooComplex


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return what an attribute may say, or None."""
    if len(value) > VALUE_CHARACTERS:
        return None
    if name == "style":
        return css.filtered(value)
    if (tag, name) in (("a", "target"), ("a", "rel")):
        return value  # set by the cleaner itself, over whatever stood there
    value = value.strip()
    return value if allowlist.VALUES[name].fullmatch(value) else None


_CLEANER = nh3.Cleaner(
    tags=set(allowlist.TAGS),
    clean_content_tags=set(allowlist.UNSEEN),
    attributes=allowlist.ATTRIBUTES,
    attribute_filter=_attribute,
    filter_style_properties=set(css.PROPERTIES),
    generic_attribute_prefixes=set(),
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
    url_relative="deny",
    url_schemes={"cid", "http", "https", "mailto", "tel"},
)


# As nh3 writes them: in text there is no "<", in a value no quote.
_ANY_TAG = re.compile(r'<[a-z][a-z0-9]*((?: [a-z]+="[^"]*")*)>')
_ANY_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_INLINE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_PLACEHOLDER = "\N{FRAME WITH PICTURE}"


def _with_images(clean: str, image: Callable[[str], str | None]) -> str:
    """Put the images of the mail into their places, and their text where there is none."""
    room = IMAGE_CHARACTERS

    def replaced(found: re.Match[str]) -> str:
        nonlocal room
        if not found[0].startswith("<img"):
            return found[0]
        values = {name: html.unescape(value) for name, value in _ANY_ATTRIBUTE.findall(found[1])}
        source = values.pop("src", "")
        uri = image(unquote(source[4:])) if source else None
        if uri is None or len(uri) > room or not _INLINE.fullmatch(uri):
            return _instead(values)
        room -= len(uri)
        return f'<img src="{uri}"' + written("img", values) + ">"

    return _ANY_TAG.sub(replaced, clean)


def _instead(values: dict[str, str]) -> str:
    """Return the text of an image that is not shown; a tracker's of a pixel or two has none."""
    tiny = any(values.get(side, "") in ("0", "1", "2") for side in ("width", "height"))
    placeholder = "" if tiny else _PLACEHOLDER
    return html.escape(" ".join(values.get("alt", placeholder).split()), quote=False)
