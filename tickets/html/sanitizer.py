"""Sanitize HTML of mail so that it is safe to show.

The HTML is normalized and bounded first; then nh3 keeps only what is in `allowlist` and `css`. The
result must come out of both unchanged, so that a browser parses it as they did. The content
security policy of the page around it protects independently of this.
"""

import html
import re
from collections.abc import Callable
from urllib.parse import unquote

import nh3

from tickets.html import allowlist, css
from tickets.html.normalizer import (
    MAX_VALUE_CHARACTERS,
    TooComplex,
    format_attributes,
    normalize,
)

_MAX_PASSES = 5
# All inline images of a message together, as data: URIs.
MAX_IMAGE_CHARACTERS = 16_000_000


def sanitize(
    source: str, *, image: Callable[[str], str | None], remote_images: bool = False
) -> str:
    """Return a fragment of HTML that runs no script and makes no request.

    `image` is given a content id and returns a `data:` URI of a png, jpeg, gif or webp, or None.
    An image for which it returns None, and any image from elsewhere, is replaced by its `alt`.
    remote_images: keep images from elsewhere, the only thing that a browser then fetches.
    Raises `TooComplex` beyond the limits of `normalize`, and where the result does not settle.
    """
    clean, cleaner = source, _WITH_REMOTE_IMAGES if remote_images else _CLEANER
    for _ in range(_MAX_PASSES):
        before, clean = clean, cleaner.clean(normalize(clean))
        if clean == before:
            # Blanks at the start, here behind an image that was cut, are no part of a body.
            return _insert_images(clean, image).lstrip(" \t\n\f\r")
    raise TooComplex


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute may have, or None to drop the attribute."""
    if len(value) > MAX_VALUE_CHARACTERS:
        return None
    if name == "style":
        return css.filter_style(value)
    if (tag, name) in (("a", "target"), ("a", "rel")):
        return value  # set by nh3 itself, over what the mail has
    value = value.strip()
    return value if allowlist.VALUES[name].fullmatch(value) else None


def _filter_attribute_with_remote_images(tag: str, name: str, value: str) -> str | None:
    """Do as `_filter_attribute`, and let an image come from elsewhere."""
    is_remote = (tag, name) == ("img", "src") and allowlist.REMOTE_IMAGE.fullmatch(value.strip())
    if is_remote and len(value) <= MAX_VALUE_CHARACTERS:
        return value.strip()
    return _filter_attribute(tag, name, value)


def _cleaner(attribute_filter: Callable[[str, str, str], str | None]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(allowlist.TAGS),
        clean_content_tags=set(allowlist.DROPPED_WITH_CONTENT),
        attributes=allowlist.ATTRIBUTES,
        attribute_filter=attribute_filter,
        filter_style_properties=set(css.PROPERTIES),
        generic_attribute_prefixes=set(),
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
        url_relative="deny",
        url_schemes={"cid", "http", "https", "mailto", "tel"},
    )


_CLEANER = _cleaner(_filter_attribute)
_WITH_REMOTE_IMAGES = _cleaner(_filter_attribute_with_remote_images)


# These fit only nh3's output, in which texts contain no "<" and values no quote.
_ANY_TAG = re.compile(r'<[a-z][a-z0-9]*((?: [a-z]+="[^"]*")*)>')
_ANY_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_IMAGE_URI = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_PLACEHOLDER = "\N{FRAME WITH PICTURE}"


def _insert_images(clean: str, image: Callable[[str], str | None]) -> str:
    """Replace `cid:` references by the images, and images that are not shown by their text."""
    room = MAX_IMAGE_CHARACTERS

    def replace_tag(tag: re.Match[str]) -> str:
        nonlocal room
        if not tag[0].startswith("<img"):
            return tag[0]
        attributes = {name: html.unescape(value) for name, value in _ANY_ATTRIBUTE.findall(tag[1])}
        source = attributes.pop("src", "")
        if source[:4].lower() != "cid:" and source:  # the cleaner has let it pass
            return f'<img src="{html.escape(source)}"' + format_attributes("img", attributes) + ">"
        uri = image(unquote(source[4:])) if source else None
        if uri is None or len(uri) > room or not _IMAGE_URI.fullmatch(uri):
            return _alternative_text(attributes)
        room -= len(uri)
        return f'<img src="{uri}"' + format_attributes("img", attributes) + ">"

    return _ANY_TAG.sub(replace_tag, clean)


def _alternative_text(attributes: dict[str, str]) -> str:
    """Return the text for an image that is not shown; empty for a tracking pixel without one."""
    tiny = any(attributes.get(side, "") in ("0", "1", "2") for side in ("width", "height"))
    placeholder = "" if tiny else _PLACEHOLDER
    return html.escape(" ".join(attributes.get("alt", placeholder).split()), quote=False)
