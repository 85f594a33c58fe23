"""The parts of a message: what their headers say of them, and their content."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mailing.parsing import content_types, headers, parameters, transfer_encodings
from mailing.parsing.headers import Field

_REPEATED_FIELDS = 3


@dataclass(slots=True, repr=False)
class MimePart:
    """A leaf, whose encoded content is data[start:end], or a multipart with children.

    has_type: whether the header gives the type; else it is guessed once the content is known.
    encoding: the Content-Transfer-Encoding, "" when there is none or an unknown one.
    is_binary: whether the type is one of text and the content is not.
    may_have_files: whether its text, once read, looked as if files were within it.
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
    may_have_files: bool = False
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
    if b"\r" not in raw:
        return raw
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
