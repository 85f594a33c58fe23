"""Decode East Asian double-byte charsets: one U+FFFD for each bad character, nothing else lost."""

from __future__ import annotations

import codecs
import re

# A well-formed character of two bytes beyond ASCII in each codec. After one that the codec does
# not map, decoding goes on behind both bytes; after any other bad byte, behind that byte.
_PAIRS = {
    "gb18030": re.compile(rb"[\x81-\xfe][\x80-\xfe]"),
    "big5hkscs": re.compile(rb"[\x81-\xfe][\xa1-\xfe]"),
    "cp949": re.compile(rb"[\x81-\xfe][\x81-\xfe]"),
    "cp932": re.compile(rb"[\x81-\x9f\xe0-\xfc][\x80-\xfc]"),
    "euc_jp": re.compile(rb"[\xa1-\xfe][\xa1-\xfe]"),
}
# IBM's characters in rows 83 and 84 of JIS X 0212 (8F F3 F3 to 8F F4 FE in EUC), as eucJP-ms has
# them: The Open Group Japan, "Problems and Solutions for Unicode and User/Vendor Defined
# Characters", appendix; glibc's EUC-JP-MS is the same.
_IBM_CHARACTERS = (
    "ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ\uff07\uff02㈱№℡炻仼僴凬匇匤\ufa0e咊坙\ufa0f\ufa10增寬峵嵓\ufa11德"
    "悅愠敎昻晥\ufa12\uf929栁\ufa13\ufa14橫櫢淸淲瀨\ufa15\ufa16甁皂皞\ufa17礰\ufa18\ufa19"
    "\ufa1a\ufa1b竧\ufa1c\ufa1d綠緖\ufa1e荢\ufa1f薰\ufa20\ufa21蠇\ufa22譿賴赶\ufa23\ufa24"
    "\ufa25郞\ufa26鄕\ufa27\ufa28閒\uf9dc\ufa29霻靍靑\ufa2a\ufa2b\ufa2c馞髙魲\ufa2d黑"
)
# What Python makes of A0 and FD to FF in Shift JIS, where no character is.
_UNASSIGNED = "\uf8f0\uf8f1\uf8f2\uf8f3"
_LOOKAHEAD_BYTES = 16
# The error handler takes microseconds for each bad character: a hostile text is not worth more.
_MAX_BAD_CHARACTERS = 50_000
_ERRORS = "servicedesk.double_byte"


def is_double_byte(codec: str) -> bool:
    """Return whether a codec is one of the charsets that `decode` is for."""
    return codec in _PAIRS


def decode(data: bytes, codec: str) -> str:
    """Decode bytes by one of the codecs that `is_double_byte` accepts."""
    text = data.decode(codec, "replace")
    if 0 < text.count("\ufffd") <= _MAX_BAD_CHARACTERS:
        text = data.decode(codec, _ERRORS)
    for character in _UNASSIGNED if codec == "cp932" else "":
        text = text.replace(character, "\ufffd")
    return text


def _replace_bad_character(error: UnicodeError) -> tuple[str, int]:
    """Return the text for bytes that a codec does not map, and where to go on."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    data, start, codec = error.object, error.start, error.encoding
    extension = _decode_extension(data[start : start + 3], codec)
    if extension:
        character, length = extension
        return character, start + length
    is_pair = _PAIRS[codec].match(data, start) is not None
    if is_pair and _count_bad(data, start + 2, codec) <= _count_bad(data, start + 1, codec):
        return "\ufffd", start + 2
    return "\ufffd", start + 1


def _count_bad(data: bytes, position: int, codec: str) -> int:
    following = data[position : position + _LOOKAHEAD_BYTES]
    return following.decode(codec, "replace").count("\ufffd")


def _decode_extension(data: bytes, codec: str) -> tuple[str, int] | None:
    """Decode the first character if it is one that a vendor added to a charset; with its length."""
    if codec == "gb18030" and data[0] == 0x80:
        return "€", 1  # https://encoding.spec.whatwg.org/#gb18030-decoder
    if codec == "big5hkscs":
        return _decode_pair(data[:2], "cp950")  # Microsoft's euro and box drawing
    if codec == "euc_jp" and data[0] == 0x8F:
        return _decode_ibm_character(data)
    if codec == "euc_jp" and _PAIRS[codec].match(data):
        # NEC's and IBM's rows, which the standard's index for EUC-JP has from Windows:
        # https://encoding.spec.whatwg.org/#index-jis0208
        row, cell = data[0] - 0xA1, data[1] - 0xA0
        lead = row // 2 + (0x81 if row < 62 else 0xC1)
        trail = cell + 0x9E if row % 2 else cell + 0x3F + (cell >= 0x40)
        return _decode_pair(bytes((lead, trail)), "cp932")
    return None


def _decode_pair(pair: bytes, codec: str) -> tuple[str, int] | None:
    try:
        text = pair.decode(codec)
    except UnicodeDecodeError:
        return None
    return (text, 2) if len(text) == 1 else None


def _decode_ibm_character(data: bytes) -> tuple[str, int] | None:
    if len(data) < 3 or not 0xA1 <= data[2] <= 0xFE:
        return None
    index = (data[1] - 0xF3) * 94 + data[2] - 0xF3
    return (_IBM_CHARACTERS[index], 3) if 0 <= index < len(_IBM_CHARACTERS) else None


codecs.register_error(_ERRORS, _replace_bad_character)
