"""Read the MIME structure of a message, and decide what its parts are.

Own code rather than `email.parser`, which has no limits: 25 MB of small parts take it 30 s, 25 MB
of short lines 28 levels deep 17 s, and 1,000 nested parts end in a RecursionError (measured by
tests/benchmarks/parsing_time.py). Here boundaries are found by one compiled search, nesting is a
list, and every leaf (a part without parts in it) is a slice of the message.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mailing.parsing import content_types, headers, parameters, transfer_encodings
from mailing.parsing.headers import Field
from mailing.parsing.limits import Budget

_LIKELY_BOUNDARY = re.compile(
    rb"(?:\A|\n)--(\S[^\n]{0,199}?)[ \t]*\n(?:content|mime)-[a-z-]+[ \t]*:", re.I
)
_PART_HEADER_BYTES = 32_768
_REPEATED_FIELDS = 3


@dataclass(slots=True, repr=False)
class MimePart:
    """A leaf, whose encoded content is data[start:end], or a multipart with children.

    has_type: whether the header gives the type; else it is guessed once the content is known.
    encoding: the Content-Transfer-Encoding, "" when there is none or an unknown one.
    is_binary: whether the type is one of text and the content is not.
    """

    fields: list[Field]
    type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    start: int
    end: int
    has_type: bool = True
    encoding: str = ""
    is_binary: bool = False
    children: list[MimePart] = field(default_factory=list)

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
        ending = b"\r\x00" if piece.endswith(b"\r\x00") else b""  # of a line end in UTF-16
        held_back = piece[len(piece.removesuffix(ending).rstrip(b"\r")) :]
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
    if raw.count(b"\r\n") == raw.count(b"\r"):
        return raw.replace(b"\r\n", b"\n")
    # A line end in UTF-16, in either order of bytes, is one line end too.
    raw = raw.replace(b"\r\x00\n", b"\n")
    # Not by a regular expression: "\r+\n" takes quadratic time on a run of CRs.
    return raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def describe_part(
    fields: list[Field], start: int, end: int, default_type: str = "text/plain"
) -> MimePart:
    """Describe a part by its header fields; without a valid type it is of the default one."""
    types, type_parameters = _read_fields(fields, "content-type")
    kind = next(filter(None, map(content_types.read_type, types)), "")
    if not kind and "boundary" in type_parameters:
        kind = "multipart/mixed"
    dispositions, disposition_parameters = _read_fields(fields, "content-disposition")
    word = re.match(r"\W*([a-z-]*)", "".join(dispositions[:1]))
    disposition = word[1] if word else ""
    names = [disposition_parameters.get("filename", ""), type_parameters.get("name", "")]
    if disposition != "form-data":
        names.append(disposition_parameters.get("name", ""))
    names.append(type_parameters.get("filename", ""))
    encodings = map(transfer_encodings.read_name, _values(fields, "content-transfer-encoding"))
    return MimePart(
        fields,
        kind or default_type,
        type_parameters,
        disposition,
        _shorten_filename(parameters.choose_name(names)),
        start,
        end,
        has_type=bool(kind) or default_type != "text/plain",
        encoding=next(filter(None, encodings), ""),
    )


def _read_fields(fields: list[Field], name: str) -> tuple[list[str], dict[str, str]]:
    """Return the values of a field that may be repeated, and the parameters of all; first count."""
    values: list[str] = []
    merged: dict[str, str] = {}
    for text in _values(fields, name)[:_REPEATED_FIELDS]:
        value, found = parameters.parse(text)
        merged = {**found, **{key: text for key, text in merged.items() if text}}
        values.extend([value] if value else [])
    return values, merged


def _values(fields: list[Field], name: str) -> list[str]:
    return [field.value for field in fields if field.name == name]


def _shorten_filename(name: str) -> str:
    """Return a file's name on one line, a long one without its middle: the end shows the type."""
    name = headers.to_single_line(name, 65_536)
    return name if len(name) <= 255 else name[:235] + name[-20:]


def parse_parts(data: bytes, root: MimePart, budget: Budget) -> None:
    """Fill in root's children at all depths.

    A multipart without its declared boundary is read again by the boundary that it seems to use.
    What no header says about a leaf is filled in from its content. Raises LimitExceeded; what was
    read until then stays in root.
    """
    todo = [(root, 0)]
    while todo:
        part, depth = todo.pop()
        _read_multipart(data, part, depth, budget)
        if not part.children:
            likely = _LIKELY_BOUNDARY.search(data, max(part.start - 1, 0), part.end)
            if not likely or not _may_be_multipart(data, part, likely):
                continue
            part.parameters["boundary"] = likely[1].decode("utf-8", "replace")
            part.type = part.type if part.type.startswith("multipart/") else "multipart/mixed"
            _read_multipart(data, part, depth, budget)
        todo.extend(_find_childless_multiparts(part, depth))
    for leaf in iter_leaves(root):
        _examine_content(data, leaf)


def _may_be_multipart(data: bytes, part: MimePart, likely: re.Match[bytes]) -> bool:
    """Return whether a part is a multipart, whatever its type says."""
    if part.type.startswith("multipart/"):
        return True
    # With a lost header it is known by its first part, with nothing before it, and by its end.
    is_first = not part.has_type and likely.start() <= part.start
    has_end = data.find(b"\n--" + likely[1] + b"--", likely.end(), part.end) >= 0
    return (is_first and has_end) or part.parameters.get("boundary", "").encode() == likely[1]


def _examine_content(data: bytes, leaf: MimePart) -> None:
    """Fill in what a leaf's header does not say, or says against its content."""
    end = min(leaf.end, leaf.start + content_types.SAMPLE_BYTES)
    if _may_be_base64(leaf) and transfer_encodings.is_base64(data[leaf.start : end]):
        decoded = b"".join(headers.decode_base64([data[leaf.start : end]]))
        is_file = leaf.encoding or leaf.filename
        is_words = not is_file and content_types.is_utf8_text(decoded)
        is_signed = "pkcs7" in leaf.type and decoded.startswith(b"0")
        if content_types.find_signature(decoded) or is_words or is_signed:
            leaf.encoding = "base64"
    is_unknown = leaf.type == content_types.BINARY
    if leaf.has_type and not is_unknown and not leaf.type.startswith(content_types.TEXT_TYPES):
        return
    sample = b"".join(iter_content(data, replace(leaf, end=end)))
    charset = leaf.parameters.get("charset", "")
    if is_unknown and content_types.find_signature(sample) == content_types.TNEF:
        leaf.type = content_types.TNEF
    if not leaf.has_type:
        leaf.type = content_types.guess_type(leaf.filename, sample, charset)
    if leaf.type.startswith(content_types.TEXT_TYPES):
        leaf.is_binary = content_types.is_binary(sample, charset)
    if leaf.is_binary and not leaf.filename:
        leaf.type = content_types.find_signature(sample) or content_types.BINARY


def _may_be_base64(leaf: MimePart) -> bool:
    """Return whether a leaf in base64 may be labelled otherwise: text may be meant as it is."""
    is_file = leaf.has_type and not leaf.type.startswith(content_types.TEXT_TYPES)
    is_text_file = leaf.filename.lower().endswith((".txt", ".b64", ".base64"))
    return not leaf.encoding or (leaf.encoding != "base64" and is_file and not is_text_file)


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
            # A multipart within may have had the same boundary, and closed this one with itself.
            next_part = re.compile(rb"\n--" + re.escape(delimiter[:-2]) + rb"[ \t]*\n")
            if not (found := next_part.search(data, position, root.end)):
                break
            position = found.start()
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
    """Return a leaf's content with its Content-Transfer-Encoding undone, to be read as text.

    Text behind base64, such as a mailing list's footer, belongs to it. Never raises.
    """
    return b"".join(
        transfer_encodings.iter_decoded(
            data, leaf.start, leaf.end, leaf.encoding, had_crlf=False, keep_text=True
        )
    )


def iter_content(data: bytes, leaf: MimePart, *, had_crlf: bool = False) -> Iterator[bytes]:
    """Yield a leaf's content with its Content-Transfer-Encoding undone, piece by piece.

    With had_crlf, content that is not in base64 gets back the CRLF line ends of the mail. No more
    than a few pieces of a large part are in memory at a time. Never raises.
    """
    return transfer_encodings.iter_decoded(
        data, leaf.start, leaf.end, leaf.encoding, had_crlf=had_crlf, keep_text=False
    )
