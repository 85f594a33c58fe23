"""Find a mail's files: leaves other than the body, and what is within other leaves.

Those are uuencoded blocks, images within HTML and the files in a winmail.dat.

Files are not held decoded in memory; a file's bytes are decoded in pieces when they are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from mailing.parsing import body, charsets, data_images, headers, mime, tnef, transfer_encodings
from mailing.parsing.body import Body
from mailing.parsing.limits import Budget
from mailing.parsing.mime import MimePart

_UU_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\n]{1,1000})\n")
_UU_LINE = re.compile(rb"[ -`]{1,90}[ \t]*")
_MAX_UU_BLOCKS = 100
_PIECE_BYTES = 1 << 20
_DEFAULT_NAMES = {
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "text/calendar": "invite.ics",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
}


@dataclass(frozen=True, slots=True, repr=False)
class MailFile:
    """A file of a mail.

    name: as the mail gives it, untrusted; it may contain path separators.
    chunks: decodes the file's bytes, from the start with each call.
    """

    name: str
    type: str
    content_id: str
    chunks: Callable[[], Iterator[bytes]]


def find_files(
    data: bytes, root: MimePart, mail_body: Body, budget: Budget, *, had_crlf: bool
) -> Iterator[MailFile]:
    """Yield the files in their order in the mail; raises LimitExceeded."""
    for leaf in mime.iter_leaves(root):
        budget.check_time()
        is_body = any(leaf is body_leaf for body_leaf in mail_body.leaves)
        if is_body and leaf.may_have_files:
            yield from _find_uuencoded_files(data, leaf)
            yield from _find_data_images(data, leaf)
        if not is_body or _is_longer_than_shown(data, leaf):
            yield _make_file(data, leaf, had_crlf)
        if not is_body and tnef.is_container(leaf):
            content = b"".join(mime.iter_content(data, leaf, had_crlf=had_crlf))
            yield from _find_tnef_files(content)
    for inner_data, image in mail_body.inner_images:
        yield _make_file(inner_data, image, had_crlf)


def _make_file(data: bytes, leaf: MimePart, had_crlf: bool) -> MailFile:
    name = leaf.filename or _read_description(leaf) or _DEFAULT_NAMES.get(leaf.type, "")
    chunks = partial(mime.iter_content, data, leaf, had_crlf=had_crlf)
    return MailFile(name, leaf.type, leaf.content_id, chunks)


def _read_description(leaf: MimePart) -> str:
    """Return the Content-Description if it is a file's name, as Outlook writes it, else ""."""
    value = headers.decode_encoded_words(headers.first_value(leaf.fields, "content-description"))
    name = headers.to_single_line(value, 255).strip("\"'")
    return name if re.search(r"\w\.[A-Za-z0-9]{2,5}$", name) else ""


def _is_longer_than_shown(data: bytes, leaf: MimePart) -> bool:
    """Return whether a body is longer than a message shows, so that it is kept as a file, too."""
    return (
        leaf.end - leaf.start > body.TEXT_CHARACTERS
        and sum(map(len, mime.iter_content(data, leaf))) > body.TEXT_CHARACTERS
    )


def _find_uuencoded_files(data: bytes, leaf: MimePart) -> Iterator[MailFile]:
    """Yield the uuencoded blocks of a text; the text itself keeps them."""
    if not leaf.type.startswith(("text/plain", "multipart/")):
        return
    if leaf.encoding != "base64" and data.find(b"begin ", leaf.start, leaf.end) < 0:
        return
    text = mime.normalize_line_ends(mime.decode_content(data, leaf))
    position = 0
    for _ in range(_MAX_UU_BLOCKS):
        begin = _UU_BEGIN.search(text, position)
        if not begin:
            return
        position = begin.end()
        end = text.find(b"\nend", position - 1)
        lines = text[position : max(end, position - 1) + 1]
        if end < 0 or not _UU_LINE.fullmatch(lines.partition(b"\n")[0] or b"`"):
            continue
        position = end + 4
        name = headers.to_single_line(charsets.decode(begin[1], ""), 255)
        content = memoryview(transfer_encodings.decode_uuencoded(lines))
        yield MailFile(name, "", "", partial(_iter_pieces, content))


def _find_data_images(data: bytes, leaf: MimePart) -> Iterator[MailFile]:
    """Yield the images within HTML, from whose `data:` URIs they are taken."""
    if leaf.type in ("text/html", "application/xhtml+xml"):
        for image in data_images.take_images(mime.decode_content(data, leaf))[1]:
            yield MailFile("", image.type, image.content_id, partial(_iter_base64, image.base64))


def _iter_base64(encoded: memoryview) -> Iterator[bytes]:
    return headers.decode_base64(_iter_pieces(encoded))


def _find_tnef_files(container: bytes) -> Iterator[MailFile]:
    for member in tnef.read_members(container):
        name = headers.to_single_line(member.name, 255)
        content_type = headers.to_single_line(member.type, 255)
        content_id = headers.to_single_line(member.content_id, 255)
        yield MailFile(name, content_type, content_id, partial(_iter_pieces, member.content))


def _iter_pieces(content: memoryview) -> Iterator[bytes]:
    for start in range(0, len(content), _PIECE_BYTES):
        yield bytes(content[start : start + _PIECE_BYTES])
