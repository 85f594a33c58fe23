"""Take the images out of HTML that has them in `data:` URIs (RFC 2397).

They become files like the other images of a mail, and the HTML refers to them by a Content-ID.
Within the HTML they would fill its limit, and the words behind them would be lost.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_MAX_IMAGES = 200
# Possessive repetition: what was read once is not read again where no image follows.
_ATTRIBUTE = re.compile(
    rb"""\bsrc\s*+=\s*+
    (?:(?P<quote>["'])\s*+(?=data:)(?P<quoted>[^"'<>]*+)(?P=quote)|(?P<bare>data:[^\s"'<>]*+))""",
    re.IGNORECASE | re.VERBOSE,
)
_URI = re.compile(
    rb"data:([a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,60})?(?:;[^;,]{1,100}){0,5}?;base64\s*+,",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, repr=False)
class DataImage:
    """An image of a `data:` URI; its content is base64, not decoded yet."""

    type: str
    content_id: str
    base64: memoryview


def take_images(content: bytes) -> tuple[bytes, list[DataImage]]:
    """Return the HTML with references in place of its `data:` images, and the images.

    An image's Content-ID is made of its bytes, so that it is the same with every call.
    """
    # A plain search first: the pattern takes longer than all else that is done with most HTML.
    if b"data:" not in content.lower():
        return content, []
    images: dict[str, DataImage] = {}
    pieces: list[bytes | memoryview] = []
    position = 0
    for attribute in _ATTRIBUTE.finditer(content):
        group = "quoted" if attribute["quoted"] is not None else "bare"
        uri = _URI.match(content, *attribute.span(group))
        if not uri or len(images) >= _MAX_IMAGES:
            continue
        encoded = memoryview(content)[uri.end() : attribute.end(group)]
        if b"%" in attribute[group]:
            encoded = memoryview(unquote_to_bytes(bytes(encoded)))
        content_id = f"{hashlib.sha256(encoded).hexdigest()[:32]}@data"
        media_type = (uri[1] or b"").decode("ascii").lower()
        images.setdefault(content_id, DataImage(media_type, content_id, encoded))
        pieces += content[position : attribute.start(group)], f"cid:{content_id}".encode("ascii")
        position = attribute.end(group)
    pieces.append(memoryview(content)[position:])
    return b"".join(pieces) if images else content, list(images.values())
