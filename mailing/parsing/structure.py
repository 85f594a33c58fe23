"""Read the MIME structure of a message, and decide what its parts are.

Own code rather than `email.parser`, which has no limits: 25 MB of small parts take it 30 s, 25 MB
of short lines 28 levels deep 17 s, and 1,000 nested parts end in a RecursionError (measured by
tests/benchmarks/parsing_time.py). Here boundaries are found in one pass, nesting is a list, and
every leaf (a part without parts in it) is a slice of the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mailing.parsing import content_types, headers, transfer_encodings
from mailing.parsing.limits import Budget
from mailing.parsing.mime import MimePart, describe_part, iter_leaves

_LIKELY_BOUNDARY = re.compile(
    rb"(?:\A|\n)--(\S[^\n]{0,199}?)[ \t]*\n(?:content|mime)-[a-z-]+[ \t]*:", re.I
)
_PART_HEADER_BYTES = 32_768


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
    sample = b"".join(
        transfer_encodings.iter_decoded(
            data, leaf.start, end, leaf.encoding, had_crlf=False, keep_text=False
        )
    )
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
        boundaries = [boundary for _, boundary in open_parts]
        opening = [boundary for boundary in boundaries if boundary]
        closing = [boundary + b"--" for boundary in opening]
        line = _find_delimiter(data, position, root.end, {*opening, *closing})
        if not line:
            break
        position = line.end
        is_closing = line.text not in boundaries
        # The outermost of equal boundaries counts, so that circular nesting ends.
        level = boundaries.index(line.text[:-2] if is_closing else line.text)
        _close_parts(open_parts, level + 1, line.start)
        if not is_closing:
            budget.take_part(depth + len(open_parts))
            open_parts.append(_open_part(open_parts[-1][0], position + 1, root.end, data))
        elif level:
            _close_parts(open_parts, level, line.start)
        else:
            # A multipart within may have had the same boundary, and closed this one with itself.
            next_part = _find_delimiter(data, position, root.end, {boundaries[0]})
            if not next_part or next_part.end == root.end:
                break
            position = next_part.start
    _close_parts(open_parts, 1, root.end)


class _Delimiter(NamedTuple):
    """A line of two hyphens and `text`, from the line end before it to its own."""

    start: int
    end: int
    text: bytes


def _find_delimiter(data: bytes, position: int, end: int, texts: set[bytes]) -> _Delimiter | None:
    """Return the first delimiter with one of the texts, which are boundaries, or None."""
    # Not by a pattern: to compile each mail's own boundaries took an eighth of the parsing.
    while (start := data.find(b"\n--", position, end)) >= 0:
        position = data.find(b"\n", start + 1, end)
        position = end if position < 0 else position
        text = data[start + 3 : position].rstrip(b" \t")
        if text in texts:
            return _Delimiter(start, position, text)
    return None


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
