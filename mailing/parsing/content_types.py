"""Decide what a part is: by its Content-Type, and by name and bytes where that says nothing."""

from __future__ import annotations

import codecs
import mimetypes
import re

from mailing.parsing import charset_labels

SAMPLE_BYTES = 8_192
BINARY = "application/octet-stream"
TNEF = "application/ms-tnef"
# The types of parts that may be a body; multiparts are read as text when they have no parts.
TEXT_TYPES = ("text/", "multipart/", "application/xhtml+xml")
_TYPE = re.compile(
    r"(?:content-type\s*:)?\W*?([a-z0-9][a-z0-9!#$&^_.+-]{0,79})[ \t]*/[ \t]*"
    r"([a-z0-9][a-z0-9!#$&^_.+-]{0,79})"
)
_WITHOUT_SUBTYPE = re.compile(r"(text|multipart)\b")
_SIGNATURES = (
    (b"%PDF-1.", "application/pdf"),
    (b"%PDF-2.", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\x89PNG\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh91AY&SY", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf1", "application/rtf"),
    (b"%!PS-Adobe", "application/postscript"),
    (b"OggS\x00", "application/ogg"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
    (b"\x7fELF", BINARY),
)
_HTML = re.compile(rb"\s*(?:<!doctype html|<html[\s>])", re.I)
# As in the MIME Sniffing Standard, without ISO 2022 shifts and the backspaces of manual pages.
_CONTROLS = bytes({*range(8), 0x0B, *range(0x10, 0x1B), *range(0x1C, 0x20), 0x7F})
# With these charsets any byte may be part of a character.
_WIDE_CODECS = ("utf-16", "utf-32")
# Built in, so that the same mail is read alike on every machine.
_TYPES_BY_NAME = mimetypes.MimeTypes()


def read_type(value: str) -> str:
    """Return the type that a Content-Type gives, in lower case; "" when it gives none."""
    full = _TYPE.match(value)
    if full:
        return f"{full[1]}/{full[2]}"
    without_subtype = _WITHOUT_SUBTYPE.match(value)
    if not without_subtype:
        return ""
    return {"text": "text/plain", "multipart": "multipart/mixed"}[without_subtype[1]]


def guess_type(name: str, sample: bytes, charset: str) -> str:
    """Return the type of a part without one, by its file's name and its first bytes."""
    by_name = _TYPES_BY_NAME.guess_type(name.replace("/", "_"), strict=False)[0] if name else None
    if by_name:
        return by_name
    if _HTML.match(sample):
        return "text/html"
    return find_signature(sample) or (BINARY if is_binary(sample, charset) else "text/plain")


def find_signature(sample: bytes) -> str:
    """Return the type of a file whose first bytes say what it is, else ""."""
    if sample[:4] == b"RIFF" and sample[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return {b"WEBP": "image/webp", b"WAVE": "audio/x-wav"}.get(sample[8:12], "video/x-msvideo")
    if sample[:6] in (b"GIF87a", b"GIF89a") and min(sample[:32]) < 9:
        return "image/gif"
    if sample[4:8] == b"ftyp":
        return "image/heic" if sample[8:11] in (b"hei", b"mif") else "video/mp4"
    if sample[:2] == b"BM" and sample[6:10] == b"\x00\x00\x00\x00":
        return "image/bmp"
    if sample[:2] == b"MZ" and b"\x00\x00" in sample[:64]:
        return BINARY
    return next((kind for magic, kind in _SIGNATURES if sample.startswith(magic)), "")


def is_binary(sample: bytes, charset: str) -> bool:
    """Return whether bytes that should be text look like those of another file."""
    if find_signature(sample):
        return True
    is_labelled = charset_labels.find_codec(charset).startswith(_WIDE_CODECS)
    if is_labelled or sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    # Every other byte of UTF-16 may be 0, whatever the label.
    is_wide = max(sample[::2].count(0), sample[1::2].count(0)) * 5 > len(sample) > 3
    if is_wide and min(sample[::2].count(0), sample[1::2].count(0)) * 50 < len(sample):
        return False
    text = sample.rstrip(b"\x00\x1a")
    controls = len(text) - len(text.translate(None, _CONTROLS))
    if controls < 2 or controls * 20 <= len(text):
        return False
    # Some programs put control characters into a text, but not NUL.
    return b"\x00" in text or not _is_utf8(text)


def is_utf8_text(sample: bytes) -> bool:
    """Return whether bytes are several words in UTF-8, without control characters."""
    has_controls = len(sample) != len(sample.translate(None, _CONTROLS))
    return len(sample) >= 40 and b" " in sample and not has_controls and _is_utf8(sample)


def _is_utf8(sample: bytes) -> bool:
    """Return whether bytes are UTF-8, whose last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
