"""Decode ISO-2022-JP (RFC 1468) as mail has it: with NEC's and IBM's characters, kana, and damage.

Python's codecs know JIS X 0208 alone and lose their place at the first character beyond it. Here
each run between two escape sequences is decoded as the same characters in EUC-JP.
"""

from __future__ import annotations

import re

from mailing.parsing import double_byte

_ASCII = (b"\x1b(B", b"\x1b(H", b"\x0f")
_ROMAN = b"\x1b(J"
_KANA = (b"\x1b(I", b"\x0e")
_SUPPLEMENT = b"\x1b$(D"
_SHIFT = re.compile(rb"(\x1b\$\(?[@B]|\x1b\$\(D|\x1b\([BHIJ]|[\x0e\x0f])")
_TO_HIGH = bytes.maketrans(bytes(range(0x21, 0x7F)), bytes(range(0xA1, 0xFF)))
_CUT_ESCAPE = re.compile(rb"\x1b[$(]{0,2}\Z")
# Each run takes microseconds: a hostile text is not worth more.
_MAX_RUNS = 100_000


def decode(data: bytes) -> str:
    """Decode bytes of ISO-2022-JP and its variants; bad characters become U+FFFD each."""
    runs = _SHIFT.split(_CUT_ESCAPE.sub(b"", data), _MAX_RUNS)
    if len(runs) > 2 * _MAX_RUNS:
        return _decode_ascii(data)
    texts = [_decode_ascii(runs[0])]
    for shift, run in zip(runs[1::2], runs[2::2], strict=True):
        if not run:
            continue
        if shift in _ASCII:
            texts.append(_decode_ascii(run))
        elif shift == _ROMAN:
            texts.append(_decode_ascii(run).replace("\\", "¥").replace("~", "\u203e"))
        elif shift in _KANA:
            texts.append(double_byte.decode(run.translate(_TO_HIGH), "cp932"))
        else:
            texts.append(_decode_kanji(run, is_supplement=shift == _SUPPLEMENT))
    return "".join(texts)


def _decode_ascii(run: bytes) -> str:
    return run.decode("ascii", "replace")


def _decode_kanji(run: bytes, *, is_supplement: bool) -> str:
    """Decode a run of JIS X 0208, or of its supplement JIS X 0212.

    A line should end in ASCII (RFC 1468). Where the escape sequence for that is lost, the lines
    that follow are ASCII, except the rest of a line that was wrapped.
    """
    first, *lines = run.split(b"\n", _MAX_RUNS)
    texts = [_decode_kanji_line(first, is_supplement=is_supplement)]
    for index, line in enumerate(lines):
        text = "" if b" " in line else _decode_kanji_line(line, is_supplement=is_supplement)
        if "\ufffd" in text or (line and not text):
            texts.append(_decode_ascii(b"\n".join(lines[index:])))
            break
        texts.append(text)
    return "\n".join(texts)


def _decode_kanji_line(line: bytes, *, is_supplement: bool) -> str:
    high = line.translate(_TO_HIGH)
    if is_supplement:
        high = re.sub(rb"([\xa1-\xfe]{2})", b"\x8f\\1", high)
    return double_byte.decode(high, "euc_jp")
