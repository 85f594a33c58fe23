"""Read the MIME structure of a message, and decode the content of its parts.

Own code rather than `email.parser`, which has no limits: 25 MB of small parts take it 30 s, 25 MB
of short lines 28 levels deep 17 s, and 1,000 nested parts end in a RecursionError (measured by
tests/benchmarks/parsing_time.py). Here boundaries are found by one compiled search, nesting is a
list, and every leaf (a part without parts in it) is a slice of the message.
"""

from __future__ import annotations

import binascii
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from mailing.parsing import headers
from mailing.parsing.headers import Field
from mailing.parsing.limits import Budget

_LIKELY_BOUNDARY = re.compile(
    rb"(?:\A|\n)--(\S[^\n]{0,199}?)[ \t]*\n(?:content|mime)-[a-z-]+[ \t]*:", re.I
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]|\S[ \t]+\S")
_PART_HEADER_BYTES = 32_768
_PIECE_BYTES = 1 << 20
_UUENCODE_NAMES = ("x-uuencode", "uuencode", "x-uue", "uue")


@dataclass(slots=True, repr=False)
class MimePart:
    """A leaf, whose encoded content is data[start:end], or a multipart with children."""

    fields: list[Field]
    type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    start: int
    end: int
    children: list[MimePart] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding in lower case, "" when there is none."""
        value = headers.first_value(self.fields, "content-transfer-encoding")
        return re.split(r"[\s;(]", value.strip().lower(), maxsplit=1)[0]

    @property
    def content_id(self) -> str:
        """The Content-ID without its angle brackets, "" when there is none."""
        value = headers.first_value(self.fields, "content-id")
        return headers.to_single_line(value, 255).strip("<> ")


def join_pieces(pieces: Iterable[bytes]) -> tuple[bytes, bool]:
    """Join pieces of a mail with normalized line ends, without holding the mail twice.

    Also return whether every line end was CRLF, as it should be: then the line ends of a file can
    be restored.
    """
    joined, held_back = io.BytesIO(), b""
    lf_count = cr_count = crlf_count = 0
    for next_piece in pieces:
        # A CR at the end of a piece may belong to an LF at the start of the next.
        piece = held_back + next_piece
        held_back = piece[len(piece.rstrip(b"\r")) :]
        piece = piece[: len(piece) - len(held_back)]
        lf_count += piece.count(b"\n")
        cr_count += piece.count(b"\r")
        crlf_count += piece.count(b"\r\n")
        joined.write(normalize_line_ends(piece))
    joined.write(normalize_line_ends(held_back))
    has_only_crlf = lf_count == cr_count == crlf_count > 0 and not held_back
    return joined.getvalue(), has_only_crlf


def normalize_line_ends(raw: bytes) -> bytes:
    """Make every line end "\\n", whether it was CRLF, bare CR, bare LF or CR CR LF.

    Binary parts (RFC 3030 BINARYMIME) would lose CRs; Gmail does not accept such mail.
    """
    if b"\r" not in raw:
        return raw
    # Not by a regular expression: "\r+\n" takes quadratic time on a run of CRs.
    return raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def describe_part(
    fields: list[Field], start: int, end: int, default_type: str = "text/plain"
) -> MimePart:
    """Describe a part by its header fields; an invalid type counts as the default."""
    content_type, parameters = headers.parse_parameters(headers.first_value(fields, "content-type"))
    if not re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}", content_type):
        without_subtype = re.match(r"(text|multipart|message)\b", content_type)
        content_type = {"text": "text/plain", "multipart": "multipart/mixed"}.get(
            without_subtype[1] if without_subtype else "", default_type
        )
    disposition, disposition_parameters = headers.parse_parameters(
        headers.first_value(fields, "content-disposition")
    )
    filename = disposition_parameters.get("filename") or parameters.get("name") or ""
    return MimePart(
        fields, content_type, parameters, disposition, _shorten_filename(filename), start, end
    )


def _shorten_filename(name: str) -> str:
    """Return a file's name on one line, a long one without its middle: the end shows the type."""
    name = headers.to_single_line(name, 65_536)
    return name if len(name) <= 255 else f"{name[:235]}{name[-20:]}"


def parse_parts(data: bytes, root: MimePart, budget: Budget) -> None:
    """Fill in root's children at all depths.

    A multipart without its declared boundary is read again by the boundary that it seems to use.
    Raises LimitExceeded; what was read until then stays in root.
    """
    todo = [(root, 0)]
    while todo:
        part, depth = todo.pop()
        _read_multipart(data, part, depth, budget)
        if not part.children:
            likely = _LIKELY_BOUNDARY.search(data, max(part.start - 1, 0), part.end)
            if not likely:
                continue
            part.parameters["boundary"] = likely[1].decode("utf-8", "replace")
            _read_multipart(data, part, depth, budget)
        todo.extend(_find_childless_multiparts(part, depth))


def _find_childless_multiparts(root: MimePart, depth: int) -> Iterator[tuple[MimePart, int]]:
    todo = [(child, depth + 1) for child in root.children]
    while todo:
        part, part_depth = todo.pop()
        todo.extend((child, part_depth + 1) for child in part.children)
        if part.type.startswith("multipart/") and not part.children:
            yield part, part_depth


def _read_multipart(data: bytes, root: MimePart, depth: int, budget: Budget) -> None:
    """Read one multipart and all within it in one pass over data[root.start:root.end]."""
    open_parts = [(root, _boundary(root))]
    position = max(root.start - 1, 0)
    while open_parts[0][1]:
        line = _boundary_pattern(open_parts).search(data, position, root.end)
        if not line:
            break
        delimiter, position = line[1], line.end()
        boundaries = [boundary for _, boundary in open_parts]
        is_closing = delimiter not in boundaries
        # The outermost of equal boundaries counts, so that circular nesting ends.
        level = boundaries.index(delimiter[:-2] if is_closing else delimiter)
        _close_parts(open_parts, level + 1, line.start())
        if not is_closing:
            budget.take_part(depth + len(open_parts))
            open_parts.append(_open_part(open_parts[-1][0], position + 1, root.end, data))
        elif level:
            _close_parts(open_parts, level, line.start())
        else:
            break
    _close_parts(open_parts, 1, root.end)


def _boundary_pattern(open_parts: list[tuple[MimePart, bytes]]) -> re.Pattern[bytes]:
    boundaries = b"|".join(re.escape(boundary) for _, boundary in open_parts if boundary)
    return re.compile(rb"\n--((?:" + boundaries + rb")(?:--)?)[ \t]*(?=\n|\Z)")


def _open_part(parent: MimePart, start: int, end: int, data: bytes) -> tuple[MimePart, bytes]:
    block = data[start : min(end, start + _PART_HEADER_BYTES)]
    fields, offset = headers.parse_fields(block, is_part=True)
    default_type = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
    child = describe_part(fields, min(start + offset, end), end, default_type)
    parent.children.append(child)
    return child, _boundary(child)


def _close_parts(open_parts: list[tuple[MimePart, bytes]], level: int, end: int) -> None:
    while len(open_parts) > level:
        part, _ = open_parts.pop()
        part.end = max(min(end, part.end), part.start)


def _boundary(part: MimePart) -> bytes:
    if not part.type.startswith("multipart/"):
        return b""
    return part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()[:200]


def iter_leaves(root: MimePart) -> Iterator[MimePart]:
    """Yield the leaves in their order in the message; a multipart without parts is a leaf."""
    todo = [root]
    while todo:
        part = todo.pop()
        if part.children:
            todo.extend(reversed(part.children))
        else:
            yield part


def decode_content(data: bytes, leaf: MimePart) -> bytes:
    """Return a leaf's content with its Content-Transfer-Encoding undone; never raises."""
    return b"".join(iter_content(data, leaf))


def iter_content(data: bytes, leaf: MimePart, *, had_crlf: bool = False) -> Iterator[bytes]:
    """Yield a leaf's content with its Content-Transfer-Encoding undone, piece by piece.

    With had_crlf, content that is not in base64 gets back the CRLF line ends of the mail. No more
    than a few pieces of a large part are in memory at a time. Never raises.
    """
    if leaf.encoding == "base64":
        text_start = _find_text_after_base64(data, leaf)
        yield from headers.decode_base64(_iter_pieces(data, leaf.start, text_start))
        yield from _iter_pieces(data, text_start, leaf.end, had_crlf=had_crlf)
    elif leaf.encoding in _UUENCODE_NAMES:
        for piece in _iter_pieces(data, leaf.start, leaf.end, whole_lines=True):
            yield decode_uuencoded(piece)
    else:
        is_quoted = leaf.encoding == "quoted-printable"
        for piece in _iter_pieces(
            data, leaf.start, leaf.end, whole_lines=is_quoted, had_crlf=had_crlf
        ):
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


def _find_text_after_base64(data: bytes, leaf: MimePart) -> int:
    """Return where text follows the base64 (a list's footer) or replaces it, else the end."""
    foreign = _NOT_BASE64.search(data, leaf.start, leaf.end)
    if foreign:
        start = max(data.rfind(b"\n", leaf.start, foreign.start()) + 1, leaf.start)
        line = data[start : min(start + 2_000, leaf.end)].split(b"\n", 1)[0]
        # Damaged base64 has a foreign character here and there; text has words, or a rule of "_".
        if len(line.split()) > 1 or len(re.findall(rb"[A-Za-z0-9+/]", line)) * 2 < len(line):
            return start
    return leaf.end


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
