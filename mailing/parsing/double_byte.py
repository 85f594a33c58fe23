"""Decode East Asian double-byte charsets: one U+FFFD for each bad character, nothing else lost."""

from __future__ import annotations

import codecs
import re
from itertools import accumulate

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
# Lead bytes of common characters: punctuation, and the charsets' first level or syllables.
_COMMON_LEADS = {
    "gb18030": (0xA1, 0xA3, *range(0xB0, 0xD8)),
    "cp949": (0xA1, 0xA3, *range(0xB0, 0xC9)),
    "euc_jp": (0xA1, 0xA3, *range(0xB0, 0xD0)),
}
_KANA_LEADS = {"euc_jp": (0xA4, 0xA5)}  # in Japanese, more common than all others
_COMMONNESS = {
    codec: bytes(
        2 if byte in _KANA_LEADS.get(codec, ()) else int(byte in leads) for byte in range(256)
    )
    for codec, leads in _COMMON_LEADS.items()
}
# Of pairs only; longer runs than a person's words without a blank or a line end are not mended.
_RUN_OF_PAIRS = re.compile(rb"[\x80-\x8d\x90-\xff]{9,4000}")
_MIN_GAIN = 3
_LOOKAHEAD_BYTES = 16
# The error handler takes microseconds for each bad character: a hostile text is not worth more.
_MAX_BAD_CHARACTERS = 50_000
_ERRORS = "servicedesk.double_byte"


def is_double_byte(codec: str) -> bool:
    """Return whether a codec is one of the charsets that `decode` is for."""
    return codec in _PAIRS


def decode(data: bytes, codec: str) -> str:
    """Decode bytes by one of the codecs that `is_double_byte` accepts."""
    data = _mark_lost_bytes(data, codec)
    text = data.decode(codec, "replace")
    if 0 < text.count("\ufffd") <= _MAX_BAD_CHARACTERS:
        text = data.decode(codec, _ERRORS)
    for character in _UNASSIGNED if codec == "cp932" else "":
        text = text.replace(character, "\ufffd")
    return text


def _mark_lost_bytes(data: bytes, codec: str) -> bytes:
    """Put FF, which is bad in each codec, for the other half of a character that lost a byte.

    Else the rest of its run of high bytes would be read out of step, mostly as other characters.
    """
    commonness = _COMMONNESS.get(codec)
    if commonness is None:
        return data

    def mark(match: re.Match[bytes]) -> bytes:
        run = match[0]
        half = _find_half_character(run.translate(commonness)) if len(run) % 2 else None
        return run if half is None else run[:half] + b"\xff" + run[half + 1 :]

    return _RUN_OF_PAIRS.sub(mark, data)


def _find_half_character(commonness: bytes) -> int | None:
    """Return where a run of pairs has a single byte, if it clearly has.

    commonness: of the character that each byte begins, 0 for a rare one. Without the single byte
    nearly all pairs must be common, and some that were not.
    """
    in_step, out_of_step = commonness[0:-1:2], commonness[1::2]
    total = sum(out_of_step)
    # What the pairs amount to when the single byte is the one at twice the index.
    sums = [
        before + total - shifted
        for before, shifted in zip(
            accumulate(in_step, initial=0), accumulate(out_of_step, initial=0), strict=True
        )
    ]
    best = max(sums)
    half = sums.index(best)
    rare = in_step[:half].count(0) + out_of_step[half:].count(0)
    is_clear = best - sum(in_step) >= _MIN_GAIN and rare <= 0.1 * len(in_step)
    return 2 * half if is_clear else None


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
