"""Decode bytes to text: by their charset label, or by what they look like when it is wrong."""

from __future__ import annotations

import codecs
import re

from mailing.parsing import charset_detection, charset_labels

_ISO_2022_JP_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\([JI])")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_HIGH_BYTES = bytes(range(0x80, 0x100))


def make_storable(text: str) -> str:
    """Drop NULs and replace lone surrogates, neither of which PostgreSQL's text type accepts."""
    return _NOT_STORABLE.sub(lambda match: "" if match[0] == "\x00" else "\ufffd", text)


def decode(data: bytes, label: str = "") -> str:
    """Decode bytes by their label where it fits them, else by what they look like.

    Never raises. The result has no NUL and no lone surrogates.
    """
    return make_storable(_decode(data, label))


def _decode(data: bytes, label: str) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    codec = charset_labels.find_codec(label)
    codec = "" if codec == "ascii" and not data.isascii() else codec
    if codec.startswith(("utf-16", "utf-32", "utf-7", "hz", "iso2022")):
        return _decode_stateful(data, codec)
    if data.isascii():
        return _decode_ascii(data)
    utf8 = _decode_strictly(data, "utf-8")
    if utf8 is not None:
        # Text in another charset is not valid UTF-8 by chance, except a word or two in a
        # double-byte charset.
        double_byte = codec.startswith(("gb", "big5", "cp9", "euc", "shift"))
        high = len(data) - len(data.translate(None, _HIGH_BYTES))
        if not double_byte or high >= 12 or _decode_strictly(data, codec) is None:
            return utf8
    text = _decode_as_labelled(data, codec) if codec else None
    return _decode_unlabelled(data) if text is None else text


def _decode_as_labelled(data: bytes, codec: str) -> str | None:
    """Decode by the codec of the label; None when the label is wrong."""
    if codec in charset_labels.WESTERN_CODECS and charset_detection.has_non_latin_words(data):
        return None
    if codec in charset_labels.CYRILLIC_CODECS:
        return data.decode(charset_detection.correct_cyrillic_codec(data, codec), "replace")
    if codec == "utf-8":
        text = data.decode("utf-8", "replace")
        # A cut or damaged character or two is no reason to doubt the label.
        is_damaged = text.count("\ufffd") * 3 > charset_detection.count_runs(data)
        return None if is_damaged else text
    strict = _decode_strictly(data, codec)
    if strict is not None:
        return strict
    if codec in charset_labels.WESTERN_CODECS:
        return data.decode("latin-1")
    text = data.decode(codec, "replace")
    return text if text.count("\ufffd") * 20 <= len(text) else None


def _decode_unlabelled(data: bytes) -> str:
    """Decode bytes of an unknown charset by what they look like.

    charset-normalizer decides, except on short texts, where it is weak.
    """
    text = _decode_strictly(data, "utf-8")
    if text is not None:
        return text
    text = data.decode("utf-8", "replace")
    if text.count("\ufffd") * 4 <= len(text) - len(text.encode("ascii", "ignore")):
        return text  # UTF-8 that was cut or damaged
    codec = charset_detection.detect_codec(data)
    strict = _decode_strictly(data, codec)
    return data.decode(codec, "replace") if strict is None else strict


def _decode_ascii(data: bytes) -> str:
    if _ISO_2022_JP_ESCAPE.search(data):
        text = _decode_strictly(data, "iso2022_jp_ext")
        if text is not None:
            return text
    return data.decode("ascii")


def _decode_stateful(data: bytes, codec: str) -> str:
    text = _decode_strictly(data, codec)
    if text is not None:
        return text
    if not data.isascii():
        utf8 = _decode_strictly(data, "utf-8")
        if utf8 is not None and not codec.startswith(("utf-16", "utf-32")):
            return utf8
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return data.decode("latin-1")


def _decode_strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None
