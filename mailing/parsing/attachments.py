"""The files of a mail: every leaf that is not its body, and what lies in uuencoded blocks of text
and in a winmail.dat.

Nothing is held decoded: a file gives its bytes piece by piece, as often as it is asked.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from mailing.parsing import body, charsets, headers, mime, tnef
from mailing.parsing.limits import Budget
from mailing.parsing.mime import Node

_UU_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\n]{1,1000})\n")
_UU_LINE = re.compile(rb"[ -`]{1,90}[ \t]*")
_UU_BLOCKS = 100
_CID = re.compile(r"cid:([^\"'<>\s)]{1,500})", re.IGNORECASE)
_PIECE_BYTES = 1 << 20
_NAMES = {
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "text/calendar": "invite.ics",
}


@dataclass(frozen=True, slots=True, repr=False)
class MailFile:
    """A file of a mail, named as the mail names it (safe only for `tickets.files.filenames`)."""

    name: str
    type: str
    content_id: str
    chunks: Callable[[], Iterator[bytes]]


def find(
    data: bytes, root: Node, used: list[Node], budget: Budget, *, crlf: bool
) -> Iterator[MailFile]:
    """Yield the files in the order in which they stand; raises LimitExceeded."""
    for leaf in mime.leaves(root):
        budget.check_time()
        is_body = any(leaf is one for one in used)
        if is_body:
            yield from _in_text(data, leaf)
        if not is_body or _is_cut(data, leaf):
            yield _of(data, leaf, crlf)
        if not is_body and _is_tnef(leaf):
            yield from _in_tnef(mime.payload(data, leaf, crlf=crlf))


def referenced(source: str) -> frozenset[str]:
    """Return the content ids of the parts that HTML shows (RFC 2392)."""
    return frozenset(unquote(html.unescape(found)) for found in _CID.findall(source))


def _of(data: bytes, leaf: Node, crlf: bool) -> MailFile:
    content_id = headers.one_line(headers.first(leaf.fields, "content-id"), 255).strip("<> ")
    name = leaf.filename or _NAMES.get(leaf.type, "")
    return MailFile(name, leaf.type, content_id, partial(mime.chunks, data, leaf, crlf=crlf))


def _is_cut(data: bytes, leaf: Node) -> bool:
    """Tell whether a body is longer than what a message shows of it: then it is a file too."""
    return (
        leaf.end - leaf.start > body.TEXT_CHARACTERS
        and sum(map(len, mime.chunks(data, leaf))) > body.TEXT_CHARACTERS
    )


def _in_text(data: bytes, leaf: Node) -> Iterator[MailFile]:
    """Yield the uuencoded blocks of a text; the text itself keeps them."""
    if not leaf.type.startswith(("text/plain", "multipart/")):
        return
    if leaf.encoding != "base64" and data.find(b"begin ", leaf.start, leaf.end) < 0:
        return
    text = mime.normalise_line_ends(mime.payload(data, leaf))
    position = 0
    for _ in range(_UU_BLOCKS):
        begin = _UU_BEGIN.search(text, position)
        if not begin:
            return
        position = begin.end()
        end = text.find(b"\nend", position - 1)
        lines = text[position : max(end, position - 1) + 1]
        if end < 0 or not _UU_LINE.fullmatch(lines.partition(b"\n")[0] or b"`"):
            continue
        position = end + 4
        name = headers.one_line(charsets.decode(begin[1], ""), 255)
        yield MailFile(name, "", "", partial(_pieces, memoryview(mime.uudecode(lines))))


def _is_tnef(leaf: Node) -> bool:
    return (
        leaf.type in ("application/ms-tnef", "application/vnd.ms-tnef")
        or leaf.filename.lower() == "winmail.dat"
    )


def _in_tnef(payload: bytes) -> Iterator[MailFile]:
    for member in tnef.members(payload):
        name = headers.one_line(member.name, 255)
        kind = headers.one_line(member.type, 255)
        content_id = headers.one_line(member.content_id, 255)
        yield MailFile(name, kind, content_id, partial(_pieces, member.content))


def _pieces(view: memoryview) -> Iterator[bytes]:
    for start in range(0, len(view), _PIECE_BYTES):
        yield bytes(view[start : start + _PIECE_BYTES])
