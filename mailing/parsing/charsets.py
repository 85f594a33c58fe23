"""Decode bytes to text: by their charset label, or by what they look like when it is wrong.

A label is believed until it cannot be true: single bad bytes become U+FFFD, and only when most of
what is not ASCII cannot be read is another charset looked for.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress

from mailing.parsing import charset_detection, charset_labels, double_byte, iso_2022_jp

_ISO_2022_JP_ESCAPE = re.compile(rb"\x1b(?:\$\(?[@BD]|\([JI])")
_ISO_2022_KR_HEADER = b"\x1b$)C"
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
# What a wrong codec makes of bytes: control characters and characters for private use.
_UNREADABLE = re.compile("[\x80-\x9f\ue000-\uf8ff\ufffd]+")
# Enough to judge by; a list of all unreadable characters of a hostile text takes much memory.
_JUDGED_CHARACTERS = 200_000
# A character beyond the first 65,536 as two surrogates of three bytes each, as programs in Java
# write it: https://www.unicode.org/reports/tr26/
_SURROGATES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_HIGH_BYTES = bytes(range(0x80, 0x100))
# What a text of the same language is in when it is not in the charset of its label.
_RELATED_CODECS = {
    "iso2022_jp_ext": ("euc_jp", "cp932"),
    "euc_jp": ("cp932",),
    "iso2022_kr": ("cp949",),
    "hz": ("gb18030",),
}
_PLAIN_WORDS = re.compile(rb"[A-Za-z0-9 .,:;!?\r\n-]*")


# What ASCII bytes have that mean other characters: ISO-2022's shifts and escapes, UTF-16's NULs.
_SHIFTS = re.compile(rb"[\x00\x0e\x1b]")


def make_storable(text: str) -> str:
    """Drop NULs and replace lone surrogates, neither of which PostgreSQL's text type accepts."""
    # To encode is a tenth of the work of a search for the two, of which hardly a text has one.
    if "\x00" not in text:
        with suppress(UnicodeEncodeError):
            text.encode()
            return text
    return _NOT_STORABLE.sub(lambda match: "" if match[0] == "\x00" else "\ufffd", text)


def decode(data: bytes, *labels: str) -> str:
    """Decode bytes by the first label that can be true, else by what they look like.

    A byte-order mark comes before all labels. Never raises. The result has no NUL and no lone
    surrogates.
    """
    if data.isascii() and not any(labels) and not _SHIFTS.search(data):
        return data.decode("ascii")  # as nearly every header field
    return make_storable(_decode(data, labels))


def _decode(data: bytes, labels: tuple[str, ...]) -> str:
    marked = _decode_marked(data)
    if marked is not None:
        return marked
    data = data.removeprefix(codecs.BOM_UTF8)
    known = [codec for codec in map(charset_labels.find_codec, filter(None, labels)) if codec]
    for codec in known:
        text = _decode_labelled(data, codec)
        if text is not None:
            return text
    fallbacks = (codec for codec in known if not codec.startswith(("ascii", "utf-16", "utf-32")))
    return _decode_unlabelled(data, next(fallbacks, "cp1252"))


def _decode_marked(data: bytes) -> str | None:
    """Decode by the byte-order mark; None without one, or where the text belies it."""
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            text = data[len(mark) :].decode(codec, "replace")
            if not _fails_throughout(text):
                return text
    return None


def _decode_labelled(data: bytes, codec: str) -> str | None:
    """Decode by the codec of a label; None when the label cannot be true."""
    if codec.startswith(("utf-16", "utf-32")):
        return _decode_wide(data, codec)
    if codec.startswith(("utf-7", "hz", "iso2022")):
        return _decode_seven_bit(data, codec)
    if b"\x00" in data and charset_detection.guess_utf16_codec(data):
        return None
    if data.isascii():
        return _decode_ascii(data)
    if codec == "ascii":
        return None
    if codec == "utf-8":
        data = _SURROGATES.sub(_join_surrogates, data)
    utf8 = _decode_strictly(data, "utf-8")
    if utf8 is not None:
        # Text in another charset is not valid UTF-8 by chance, except a word or two in a
        # double-byte charset.
        high = len(data) - len(data.translate(None, _HIGH_BYTES))
        text = _decode_tolerantly(data, codec) if double_byte.is_double_byte(codec) else "\ufffd"
        return utf8 if high >= 12 or "\ufffd" in text else text
    if codec in charset_labels.CYRILLIC_CODECS:
        return data.decode(charset_detection.correct_cyrillic_codec(data, codec), "replace")
    if codec in charset_labels.WESTERN_CODECS and not charset_detection.is_western(data):
        return None
    text = _decode_tolerantly(data, codec)
    if double_byte.is_double_byte(codec) and _count_unreadable(text) > 1:
        # Most of any bytes are characters in these charsets, but only Russian reads as Russian.
        return None if charset_detection.is_cyrillic(data) or _fails_throughout(text) else text
    return None if _fails_throughout(text) else text


def _join_surrogates(match: re.Match[bytes]) -> bytes:
    in_utf16 = match[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
    return in_utf16.decode("utf-16").encode()


def _decode_wide(data: bytes, codec: str) -> str | None:
    """Decode UTF-16 or UTF-32 without a byte-order mark; None when the bytes are something else."""
    is_ascii_text = len(data) % 2 == 1 or len(data) >= 12 or _PLAIN_WORDS.fullmatch(data)
    if is_ascii_text and b"\x00" not in data and _decode_strictly(data, "utf-8") is not None:
        return None
    guessed = charset_detection.guess_utf16_codec(data) if "16" in codec else ""
    text = _decode_tolerantly(data, guessed or codec).removeprefix("\ufeff")
    return None if _fails_throughout(text) else text


def _decode_seven_bit(data: bytes, codec: str) -> str | None:
    """Decode a charset whose bytes are all ASCII; None when the bytes are something else."""
    if not data.isascii():
        utf8 = _decode_strictly(data, "utf-8")
        if utf8 is not None:
            return utf8
    if codec == "iso2022_kr" and _ISO_2022_KR_HEADER not in data:
        data = _ISO_2022_KR_HEADER + data
    text = _decode_tolerantly(data, codec)
    return None if _fails_throughout(text) else text


def _decode_ascii(data: bytes) -> str:
    """Decode ASCII, or ISO-2022-JP or ISO-2022-KR, which need no other bytes."""
    if _ISO_2022_JP_ESCAPE.search(data):
        text = iso_2022_jp.decode(data)
        if not _fails_throughout(text):
            return text
    korean = _decode_strictly(data, "iso2022_kr") if _ISO_2022_KR_HEADER in data else None
    return data.decode("ascii") if korean is None else korean


def _decode_unlabelled(data: bytes, fallback: str) -> str:
    """Decode bytes by what they look like, or by the fallback where they look like nothing."""
    utf16 = charset_detection.guess_utf16_codec(data)
    if utf16:
        return data.decode(utf16, "replace")
    if data.isascii():
        return _decode_ascii(data)
    utf8 = _decode_strictly(data, "utf-8")
    if utf8 is not None:
        return utf8
    text = data.decode("utf-8", "replace")
    if text.count("\ufffd") * 4 <= _count_beyond_ascii(text):
        return text  # UTF-8 that was cut or damaged
    related = (_decode_tolerantly(data, codec) for codec in _RELATED_CODECS.get(fallback, ()))
    readable = next((text for text in related if not _UNREADABLE.search(text)), "")
    if readable:
        return readable
    codec = charset_detection.detect_codec(data, fallback)
    return _decode_tolerantly(data, codec)


def _fails_throughout(text: str) -> bool:
    """Return whether so much of decoded text is unreadable that the codec must be wrong.

    That is all beyond ASCII, or more than a quarter of it and more than two characters.
    """
    unreadable = _count_unreadable(text)
    beyond_ascii = _count_beyond_ascii(text[:_JUDGED_CHARACTERS]) if unreadable else 0
    return unreadable > 0 and (unreadable == beyond_ascii or unreadable * 4 > beyond_ascii + 4)


def _count_unreadable(text: str) -> int:
    return sum(map(len, _UNREADABLE.findall(text[:_JUDGED_CHARACTERS])))


def _count_beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _decode_tolerantly(data: bytes, codec: str) -> str:
    """Decode with one U+FFFD for each bad character."""
    if double_byte.is_double_byte(codec):
        return double_byte.decode(data, codec)
    if codec.startswith("iso2022_jp"):
        # The variants with numbers have more character sets, which Python's codecs know.
        is_plain = codec in ("iso2022_jp", "iso2022_jp_ext")
        text = None if is_plain else _decode_strictly(data, codec)
        return iso_2022_jp.decode(data) if text is None else text
    try:
        text = data.decode(codec, "replace")
    except (ValueError, RuntimeError):
        return data.decode("latin-1")
    # Vietnamese letters are two characters in windows-1258, and one on a keyboard.
    return unicodedata.normalize("NFC", text) if codec == "cp1258" else text


def _decode_strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (ValueError, RuntimeError):
        # Python's codecs for ISO-2022 also raise "internal codec error" on damaged escapes.
        return None
