"""Make references to images in HTML into references by Content-ID (RFC 2392).

HTML also names a mail's images by their Content-Location (RFC 2557, 8.2), by a bare Content-ID, or
by a file's name. Afterwards all have the form by which the images are found and shown.
"""

from __future__ import annotations

import html
import re
from urllib.parse import quote, unquote, urljoin

from mailing.parsing import headers, mime
from mailing.parsing.headers import Field
from mailing.parsing.mime import MimePart

_SOURCE = re.compile(
    r"""(<img\b[^<>]*?\ssrc\s*+=\s*+)(?:"([^"<>]{1,2000})"|'([^'<>]{1,2000})'|([^\s"'<>]{1,2000}))""",
    re.IGNORECASE,
)
# A reference by Content-ID may be much longer than what it replaces.
_MAX_IMAGES = 5_000
_CID_URL = re.compile(r"cid:([^\"'<>\s)]{1,500})", re.IGNORECASE)
_HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_IMAGE_NAME = re.compile(r"\.(?:png|jpe?g|jfif|gif|webp|bmp|svg|tiff?)\Z", re.IGNORECASE)


def link_images(
    source: str, root: MimePart, body_leaves: list[MimePart], label: str = "part"
) -> str:
    """Return HTML whose images have `cid:` references where a leaf of the mail is that image.

    A leaf without a Content-ID that is referred to is given one, with the label, which tells the
    messages in a mail apart.
    """
    parts = [leaf for leaf in mime.iter_leaves(root) if _may_be_image(leaf)]
    if not parts or not source:
        return source
    # The address to which references are relative (RFC 2557, 5).
    base = next(filter(None, map(_read_location, body_leaves)), "")
    by_content_id, by_name = _index(parts, base)

    def replace_source(match: re.Match[str]) -> str:
        written = html.unescape(match[2] or match[3] or match[4] or "").strip()
        leaf = _find_leaf(written, by_content_id, by_name, base)
        if leaf is None:
            return match[0]
        return f'{match[1]}"cid:{quote(_content_id(leaf, label), safe="@")}"'

    return _SOURCE.sub(replace_source, source, count=_MAX_IMAGES)


def find_shown_content_ids(source: str) -> frozenset[str]:
    """Return the content ids of the parts that HTML shows (RFC 2392)."""
    return frozenset(unquote(html.unescape(url)) for url in _CID_URL.findall(source))


def _may_be_image(leaf: MimePart) -> bool:
    return leaf.type.startswith("image/") or (
        not leaf.type.startswith(("text/", "multipart/", "message/"))
        and bool(leaf.content_id or _IMAGE_NAME.search(leaf.filename))
    )


def _index(parts: list[MimePart], base: str) -> tuple[dict[str, MimePart], dict[str, MimePart]]:
    """Return the parts by Content-ID, and by what else may name them; the first of each counts."""
    by_content_id: dict[str, MimePart] = {}
    by_name: dict[str, MimePart] = {}
    for part in parts:
        if part.content_id:
            by_content_id.setdefault(part.content_id, part)
    for part in parts:
        location = _read_location(part)
        if location:
            by_name.setdefault(location, part)
            by_name.setdefault(_resolve(base, location), part)
    for part in parts:
        if part.filename:
            by_name.setdefault(part.filename.lower(), part)
    return by_content_id, by_name


def _find_leaf(
    written: str, by_content_id: dict[str, MimePart], by_name: dict[str, MimePart], base: str
) -> MimePart | None:
    """Return the leaf that an image's source names, None for one that needs no change."""
    is_cid = written[:4].lower() == "cid:"
    if is_cid:
        written = unquote(written[4:])
        if written in by_content_id:
            return None
        written = written.strip("<> ")
    name = unquote(written)
    candidates = [written, name, name.lower(), _resolve(base, written)]
    is_remote = _HAS_SCHEME.match(written) and not written.lower().startswith("file:")
    if not is_remote or is_cid:
        candidates.append(re.split(r"[/\\]", name)[-1].lower())
    for candidate in candidates:
        leaf = by_content_id.get(candidate) or by_name.get(candidate)
        if leaf and candidate:
            return leaf
    return None


def _content_id(leaf: MimePart, label: str) -> str:
    if not leaf.content_id:
        leaf.fields.insert(0, Field("content-id", f"<{leaf.start}@{label}>"))
    return leaf.content_id


def _read_location(part: MimePart) -> str:
    """Return the Content-Location, whose white space and folding have no meaning."""
    value = headers.decode_encoded_words(headers.first_value(part.fields, "content-location"))
    return "".join(value.split())[:2_000]


def _resolve(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # a malformed host
        return reference
