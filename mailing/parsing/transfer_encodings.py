"""Undo a Content-Transfer-Encoding (RFC 2045, 6), piece by piece, whatever damage it has taken."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress

from mailing.parsing import headers

_PIECE_BYTES = 1 << 20
_LINE_BYTES = 2_000
_DAMAGED_LINES = 500
_FOOTER_BYTES = 8_192
_RANGES = 100
_USUAL_NAMES = {
    "base64": "base64",
    "quoted-printable": "quoted-printable",
    "7bit": "7bit",
    "8bit": "7bit",
}
_UUENCODE_NAMES = ("xuuencode", "uuencode", "xuue", "uue")
_IDENTITIES = ("7bit", "8bit", "binary")
# Padding, a foreign character, or blanks within a line.
_SUSPECT = re.compile(rb"=[=\s]*+|[^A-Za-z0-9+/=\s]|[^\s=][ \t]++[^\s=]")
_BASE64_RUN = re.compile(rb"([A-Za-z0-9+/]{2,2000})(=*)(?=\s|=|\Z)")
# Where nothing is suspect: what this reads at once, the other pattern would try at every byte.
_CLEAN_BASE64 = re.compile(rb"[A-Za-z0-9+/\n]*+")
_FIRST_LINE = re.compile(rb"\s*+([A-Za-z0-9+/]*+)")
_MIN_WIDTH = 40
_ONLY_BASE64 = re.compile(rb"\s*(?:[A-Za-z0-9+/]{4,}+={0,2}[ \t]*+(?:\n|\Z)\s*)+")
_SAMPLE_BYTES = 8_192
# Lines of base64url (RFC 4648, 5), which has "-" and "_" for "+" and "/".
_URL_SAFE = re.compile(
    rb"\s*+(?=[A-Za-z0-9_-]{20})(?:[A-Za-z0-9_-]{20,}+\s*+)*+[A-Za-z0-9_-]*+={0,2}\s*+"
)
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
# The first line of base64 behind lines of text that a scanner put before it.
_LATE_BASE64 = re.compile(rb"\n([A-Za-z0-9+/]{40,}+={0,2}[ \t]*+(?:\n|\Z))")
_NATURAL_WORD = re.compile(rb"[A-Z]?[a-z]{1,24}|[A-Z]{2,24}|[0-9]{2,12}")


def read_name(value: str) -> str:
    """Return "base64", "quoted-printable", "uuencode" or "7bit", or "" for any other value."""
    if usual_name := _USUAL_NAMES.get(value.lower()):
        return usual_name
    value = headers.decode_encoded_words(value).lower()
    value = re.sub(r"^\W*content-transfer-encoding\s*:", "", value)
    value = re.sub(r"\([^()]*\)", "", value)
    key = re.sub(r"[^a-z0-9]", "", value.strip("\"' ;,").split(";")[0])
    if "base64" in key or key == "b64":
        return "base64"
    if key.startswith(("quoted", "xquoted")) or key == "qp":
        return "quoted-printable"
    if key in _UUENCODE_NAMES:
        return "uuencode"
    return "7bit" if key in _IDENTITIES else ""


def iter_decoded(
    data: bytes, start: int, end: int, encoding: str, *, had_crlf: bool, keep_text: bool
) -> Iterator[bytes]:
    """Yield data[start:end] decoded.

    had_crlf: restore the CRLF line ends of the mail in content that is not in base64.
    keep_text: also yield text that stands behind base64, such as a mailing list's footer.
    """
    if encoding == "base64":
        sample = data[start : min(start + _SAMPLE_BYTES, end)]
        if _URL_SAFE.fullmatch(sample) and (b"-" in sample or b"_" in sample):
            data, start, end = data[start:end].translate(_FROM_URL_SAFE), 0, end - start
        ranges, text_start = _find_base64(data, start, end)
        if text_start == start and (late := _LATE_BASE64.search(sample)):
            text_end = start + late.start(1)
            if is_base64(data[text_end : min(text_end + _SAMPLE_BYTES, end)]):
                if keep_text:
                    yield from _iter_pieces(data, start, text_end)
                start = text_end
                ranges, text_start = _find_base64(data, start, end)
        pieces = (piece for begin, stop in ranges for piece in _iter_pieces(data, begin, stop))
        yield from headers.decode_base64(pieces)
        if keep_text or text_start == start:
            yield from _iter_pieces(data, text_start, end, had_crlf=had_crlf)
    elif encoding == "uuencode":
        for piece in _iter_pieces(data, start, end, whole_lines=True):
            yield decode_uuencoded(piece)
    else:
        is_quoted = encoding == "quoted-printable"
        for piece in _iter_pieces(data, start, end, whole_lines=is_quoted, had_crlf=had_crlf):
            yield _decode_quoted_printable(piece) if is_quoted else piece


def _iter_pieces(
    data: bytes, start: int, end: int, *, whole_lines: bool = False, had_crlf: bool = False
) -> Iterator[bytes]:
    while start < end:
        piece_end = min(start + _PIECE_BYTES, end)
        if whole_lines and piece_end < end:
            piece_end = data.find(b"\n", piece_end, end) + 1 or end
        piece = data[start:piece_end]
        yield piece.replace(b"\n", b"\r\n") if had_crlf else piece
        start = piece_end


def _find_base64(data: bytes, start: int, end: int) -> tuple[list[tuple[int, int]], int]:
    """Return where data[start:end] is base64, and where text begins behind it, else the end.

    Blanks and foreign characters are part of damaged base64 (RFC 2045, 6.8). Its padding ends it,
    if no more base64 follows, as some encoders pad every line. Lines of text end it too, if no
    full line of base64 follows them. If it begins with text it is no base64 at all.
    """
    first_line = _FIRST_LINE.match(data, start, min(end, start + 1_000))
    width = len(first_line[1]) if first_line else 0
    full_line = rb"\n[A-Za-z0-9+/]{%d}[ \t]*+(?=\n|\Z)" % max(width, _MIN_WIDTH)
    ranges: list[tuple[int, int]] = []
    begin, more = start, None
    while not ranges or more:
        stop, is_padded = _find_base64_end(data, begin, end, is_whole=begin == start)
        may_continue = not is_padded and start < stop < end and len(ranges) < _RANGES
        more = re.compile(full_line).search(data, stop, end) if may_continue else None
        if not more and not is_padded:
            stop = _leave_out_words(data, begin, stop, width)
        ranges.append((begin, stop))
        begin = more.start() + 1 if more else begin
    return ranges, stop


def _leave_out_words(data: bytes, start: int, end: int, width: int) -> int:
    """Return where base64 ends whose last lines are single words, as a footer may begin.

    Only the last line of base64 is shorter than the others.
    """
    if width < _MIN_WIDTH:
        return end
    position = max(start, end - _FOOTER_BYTES)
    previous = b""
    for line in data[position:end].split(b"\n"):
        if 0 < len(previous) < width and _NATURAL_WORD.fullmatch(line.strip()):
            return position
        previous = line.strip() or previous
        position += len(line) + 1
    return end


def _find_base64_end(data: bytes, start: int, end: int, *, is_whole: bool) -> tuple[int, bool]:
    """Return where padding, or else text, ends the base64 from start on, and whether padding did.

    is_whole: whether the content begins at start, so that its first line may be text.
    """
    position, damaged_lines = start, 0
    while suspect := _find_suspect(data, position, end):
        is_padding = suspect[0].startswith(b"=")
        after_padding = _skip_padding(data, suspect.end(), end) if is_padding else 0
        if after_padding > suspect.end() or after_padding == end:
            position = after_padding
            continue
        line_start = max(data.rfind(b"\n", position, suspect.start()) + 1, position)
        line_end = data.find(b"\n", suspect.start(), end)
        line_end = end if line_end < 0 else line_end
        line = data[line_start : min(line_end, line_start + _LINE_BYTES)]
        if b"\n" not in suspect[0] and _is_text(line, is_first=is_whole and line_start == start):
            return line_start, False
        if is_padding:
            return suspect.end(), True
        damaged_lines += 1
        position = line_end
        if damaged_lines == _DAMAGED_LINES:
            # Only its end may be text: to look at every line would take too long.
            position = max(line_end, end - _FOOTER_BYTES)
    return end, False


def _find_suspect(data: bytes, position: int, end: int) -> re.Match[bytes] | None:
    clean = _CLEAN_BASE64.match(data, position, end)
    # Blanks are suspect together with the character before them.
    return _SUSPECT.search(data, max(position, clean.end() - 1) if clean else position, end)


def _skip_padding(data: bytes, position: int, end: int) -> int:
    """Return the end of a base64 run that follows padding; the position itself if none does."""
    run = _BASE64_RUN.match(data, position, end)
    if not run:
        return position
    is_whole = len(run[0]) % 4 == 0 or len(run[1]) % 4 == 0
    is_base64 = is_whole and not _NATURAL_WORD.fullmatch(run[1])
    return run.end(1) if is_base64 or len(run[1]) == _LINE_BYTES else position


def _is_text(line: bytes, *, is_first: bool) -> bool:
    """Return whether a line with blanks or foreign characters is text rather than base64.

    The words of text are in small letters, or in capitals, or numbers; those of base64 mix them.
    """
    words = [word for word in re.findall(rb"[A-Za-z0-9]+", line) if len(word) > 1]
    length = sum(map(len, words))
    natural = sum(
        len(word) for word in words if _NATURAL_WORD.fullmatch(word) and len(set(word)) > 1
    )
    foreign = len(re.findall(rb"[^A-Za-z0-9+/=\s]", line))
    share = 3 if len(line.split()) > 1 else 2
    return foreign > length or (natural * share > length and natural >= (1 if is_first else 5))


def is_base64(sample: bytes) -> bool:
    """Return whether bytes have nothing but lines of base64."""
    lines = sample.rpartition(b"\n")[0] or sample
    return bool(_ONLY_BASE64.fullmatch(lines))


def _decode_quoted_printable(lines: bytes) -> bytes:
    # Blanks after a soft line break are transport damage (RFC 2045, 6.7, rule 3).
    return binascii.a2b_qp(re.sub(rb"=[ \t]+(?=\r?\n)", b"=", lines))


def decode_uuencoded(block: bytes) -> bytes:
    """Decode the lines of a uuencoded block, leaving out damaged ones."""
    decoded = []
    for line in block.split(b"\n"):
        if not line or line.startswith((b"begin ", b"end")):
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders do not pad the last group with zeros; Python's former `uu` module
            # decoded it in this way, too.
            with suppress(binascii.Error):
                decoded.append(binascii.a2b_uu(line[: ((line[0] - 32 & 63) * 4 + 5) // 3]))
    return b"".join(decoded)
