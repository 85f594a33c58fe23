"""Decode the text of a part."""

from __future__ import annotations

import re

from mailing.parsing import charsets, mime
from mailing.parsing.mime import MimePart

TEXT_BYTES = 8_000_000
_DECLARED_CHARSET = re.compile(
    rb"<(?:meta\b[^>]{0,300}?\bcharset|\?xml\b[^>]{0,100}?\bencoding)"
    rb"\s{0,20}=\s{0,20}[\"']?\s{0,20}([A-Za-z0-9_:.-]{2,40})",
    re.IGNORECASE,
)


def decode_text(data: bytes, leaf: MimePart) -> str:
    """Return a text leaf's content as text with "\\n" line ends; at most 8 MB of it are read."""
    return decode(mime.decode_content(data, leaf)[:TEXT_BYTES], leaf)


def decode(content: bytes, leaf: MimePart) -> str:
    """Return content as text, by the charset of its leaf or that of its HTML."""
    is_markup = leaf.type in ("text/html", "application/xhtml+xml")
    declared = _find_declared_charset(content) if is_markup else ""
    text = charsets.decode(content, leaf.parameters.get("charset", ""), declared)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _find_declared_charset(content: bytes) -> str:
    """Return the charset that HTML names in a meta element or in its XML declaration, or ""."""
    match = _DECLARED_CHARSET.search(content[:4_096])
    label = match[1].decode("ascii").lower() if match else ""
    # Where the declaration can be read, the bytes are not of these.
    return "" if label.startswith(("utf-16", "utf16", "utf-32", "utf32")) else label
