"""The MIME structure of a message: one pass over the bytes that yields its leaves.

Own code rather than `email.parser`, which has no limits: 25 MB of small parts take it 30 s, 25 MB
of short lines 28 levels deep 17 s, and 1,000 nested parts end in a RecursionError (measured by
tests/benchmarks/parsing_time.py). Here boundaries are found by one compiled search, nesting is a
list, and every leaf is a slice.
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

_GUESS = re.compile(rb"(?:\A|\n)--(\S[^\n]{0,199}?)[ \t]*\n(?:content|mime)-[a-z-]+[ \t]*:", re.I)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]|\S[ \t]+\S")
_PART_HEADER_BYTES = 32_768
_PIECE_BYTES = 1 << 20
_UUENCODED = ("x-uuencode", "uuencode", "x-uue", "uue")


@dataclass(slots=True, repr=False)
class Node:
    """One part: a leaf, whose payload lies at data[start:end], or a multipart with children."""

    fields: list[Field]
    type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    start: int
    end: int
    children: list[Node] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        value = headers.first(self.fields, "content-transfer-encoding")
        return re.split(r"[\s;(]", value.strip().lower(), maxsplit=1)[0]


def normalised(pieces: Iterable[bytes]) -> tuple[bytes, bool]:
    """Join pieces of a mail, their line ends made "\\n", without ever holding it twice.

    Also tells whether all of them were CRLF, as in mail they should be: then a file's own can be
    given back.
    """
    whole, held_back = io.BytesIO(), b""
    feeds = returns = pairs = 0
    for one in pieces:
        piece = held_back + one
        held_back = piece[len(piece.rstrip(b"\r")) :]
        piece = piece[: len(piece) - len(held_back)]
        feeds += piece.count(b"\n")
        returns += piece.count(b"\r")
        pairs += piece.count(b"\r\n")
        whole.write(normalise_line_ends(piece))
    whole.write(normalise_line_ends(held_back))
    return whole.getvalue(), feeds == returns == pairs > 0 and not held_back


def normalise_line_ends(raw: bytes) -> bytes:
    """Make every line end "\\n", whether it was CRLF, bare CR, bare LF or CR CR LF.

    Binary parts (RFC 3030 BINARYMIME) would lose CRs; Gmail does not accept such mail.
    """
    if b"\r" not in raw:
        return raw
    # Not by a regular expression: "\r+\n" takes quadratic time on a run of CRs.
    return raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def node(fields: list[Field], start: int, end: int, default_type: str = "text/plain") -> Node:
    """Describe a part by its header fields; a type that is none counts as the default."""
    kind, parameters = headers.parameters(headers.first(fields, "content-type"))
    if not re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}", kind):
        bare = re.match(r"(text|multipart|message)\b", kind)
        kind = {"text": "text/plain", "multipart": "multipart/mixed"}.get(
            bare[1] if bare else "", default_type
        )
    disposition, more = headers.parameters(headers.first(fields, "content-disposition"))
    name = more.get("filename") or parameters.get("name") or ""
    return Node(fields, kind, parameters, disposition, _named(name), start, end)


def _named(name: str) -> str:
    """Return a file's name on one line, a long one without its middle: the end tells the type."""
    name = headers.one_line(name, 65_536)
    return name if len(name) <= 255 else f"{name[:235]}{name[-20:]}"


def read(data: bytes, root: Node, budget: Budget) -> None:
    """Fill in root's children, whatever their depth.

    A multipart in which its boundary never comes is read once more by the boundary that it seems
    to use. Raises LimitExceeded; what was read up to there stays in root.
    """
    todo = [(root, 0)]
    while todo:
        part, depth = todo.pop()
        _read_multipart(data, part, depth, budget)
        if not part.children:
            guess = _GUESS.search(data, max(part.start - 1, 0), part.end)
            if not guess:
                continue
            part.parameters["boundary"] = guess[1].decode("utf-8", "replace")
            _read_multipart(data, part, depth, budget)
        todo.extend(_childless(part, depth))


def _childless(part: Node, depth: int) -> Iterator[tuple[Node, int]]:
    todo = [(child, depth + 1) for child in part.children]
    while todo:
        one, level = todo.pop()
        todo.extend((child, level + 1) for child in one.children)
        if one.type.startswith("multipart/") and not one.children:
            yield one, level


def _read_multipart(data: bytes, root: Node, depth: int, budget: Budget) -> None:
    """Read one multipart and all within it in one pass over data[root.start:root.end]."""
    stack = [(root, _boundary(root))]
    position = max(root.start - 1, 0)
    while stack[0][1] and (found := _pattern(stack).search(data, position, root.end)):
        token, position = found[1], found.end()
        names = [boundary for _, boundary in stack]
        closing = token not in names
        # The outermost of equal boundaries counts, so that circular nesting ends.
        level = names.index(token[:-2] if closing else token)
        _close(stack, level + 1, found.start())
        if not closing:
            budget.take_part(depth + len(stack))
            stack.append(_open(stack[-1][0], position + 1, root.end, data))
        elif level:
            _close(stack, level, found.start())
        else:
            break
    _close(stack, 1, root.end)


def _pattern(stack: list[tuple[Node, bytes]]) -> re.Pattern[bytes]:
    names = b"|".join(re.escape(boundary) for _, boundary in stack if boundary)
    return re.compile(rb"\n--((?:" + names + rb")(?:--)?)[ \t]*(?=\n|\Z)")


def _open(parent: Node, start: int, limit: int, data: bytes) -> tuple[Node, bytes]:
    block = data[start : min(limit, start + _PART_HEADER_BYTES)]
    fields, offset = headers.split(block, part=True)
    default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
    child = node(fields, min(start + offset, limit), limit, default)
    parent.children.append(child)
    return child, _boundary(child)


def _close(stack: list[tuple[Node, bytes]], level: int, end: int) -> None:
    while len(stack) > level:
        part, _ = stack.pop()
        part.end = max(min(end, part.end), part.start)


def _boundary(part: Node) -> bytes:
    if not part.type.startswith("multipart/"):
        return b""
    return part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()[:200]


def leaves(root: Node) -> Iterator[Node]:
    """Yield the leaves in the order in which they stand; a multipart without parts is one."""
    todo = [root]
    while todo:
        part = todo.pop()
        if part.children:
            todo.extend(reversed(part.children))
        else:
            yield part


def payload(data: bytes, part: Node, *, crlf: bool = False) -> bytes:
    """Return a leaf's bytes with its Content-Transfer-Encoding undone; never raises."""
    return b"".join(chunks(data, part, crlf=crlf))


def chunks(data: bytes, part: Node, *, crlf: bool = False) -> Iterator[bytes]:
    """Yield a leaf's bytes with its Content-Transfer-Encoding undone, piece by piece.

    With crlf the lines of what is not in base64 end as they did in the mail. Of a large part there
    are never more than a few pieces in memory. Never raises.
    """
    if part.encoding == "base64":
        text_at = _text_after_base64(data, part)
        yield from headers.base64_chunks(_pieces(data, part.start, text_at))
        yield from _pieces(data, text_at, part.end, crlf=crlf)
    elif part.encoding in _UUENCODED:
        for piece in _pieces(data, part.start, part.end, whole_lines=True):
            yield uudecode(piece)
    else:
        quoted = part.encoding == "quoted-printable"
        for piece in _pieces(data, part.start, part.end, whole_lines=quoted, crlf=crlf):
            yield _quoted_printable(piece) if quoted else piece


def _pieces(
    data: bytes, start: int, end: int, *, whole_lines: bool = False, crlf: bool = False
) -> Iterator[bytes]:
    while start < end:
        cut = min(start + _PIECE_BYTES, end)
        if whole_lines and cut < end:
            cut = data.find(b"\n", cut, end) + 1 or end
        piece = data[start:cut]
        yield piece.replace(b"\n", b"\r\n") if crlf else piece
        start = cut


def _text_after_base64(data: bytes, part: Node) -> int:
    """Return where text begins that follows base64 (a list's footer), or stands in its place."""
    odd = _NOT_BASE64.search(data, part.start, part.end)
    if odd:
        start = max(data.rfind(b"\n", part.start, odd.start()) + 1, part.start)
        line = data[start : min(start + 2_000, part.end)].split(b"\n", 1)[0]
        # Damaged base64 has a foreign character here and there; text has words, or a rule of "_".
        if len(line.split()) > 1 or len(re.findall(rb"[A-Za-z0-9+/]", line)) * 2 < len(line):
            return start
    return part.end


def _quoted_printable(lines: bytes) -> bytes:
    # Blanks after a soft line break are transport damage (RFC 2045, 6.7, rule 3).
    return binascii.a2b_qp(re.sub(rb"=[ \t]+(?=\r?\n)", b"=", lines))


def uudecode(body: bytes) -> bytes:
    """Decode the lines of a uuencoded block, leaving out damaged ones."""
    out = []
    for line in body.split(b"\n"):
        if not line or line.startswith((b"begin ", b"end")):
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Some encoders pad the last group with what is not zero (as the standard `uu` has it).
            with suppress(binascii.Error):
                out.append(binascii.a2b_uu(line[: ((line[0] - 32 & 63) * 4 + 5) // 3]))
    return b"".join(out)
