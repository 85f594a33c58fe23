"""The files of an outgoing mail, described when it is composed and read when it is sent.

A composed mail is its content, then for each file the base64 of its bytes and the text after it,
up to the next file or the end. All but the files' bytes is stored when the mail is queued, so that
each attempt sends the same bytes.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import TypedDict

from mailing.models import OutboundEmail
from mailing.outbound.smtp import ContentUnavailable
from tickets.exceptions import StoreUnavailable
from tickets.files import store
from tickets.files.filenames import mail_disposition
from tickets.files.folder_storage import CHUNK_BYTES
from tickets.models import Attachment

_LINE_BYTES = 57  # 76 characters of base64 (RFC 2045, 6.8)
# Sent as application/octet-stream: a mail program that shows a text in place guesses its charset,
# and RFC 2046 forbids base64 for messages and multiparts.
_SENT_AS_BYTES = ("text/", "message/", "multipart/")


class FilePart(TypedDict):
    """A file as `OutboundEmail.files` stores it."""

    sha256: str
    size: int
    after: str  # the text after its base64: the next part's header, or the end of the mail


def file_parts(files: list[Attachment], boundary: str) -> tuple[str, list[FilePart]]:
    """Return the header of the first file's part, and the files with the text after each."""
    headers = [_part_header(file, boundary) for file in files]
    following = [*headers[1:], f"--{boundary}--\r\n"]
    return headers[0], [
        FilePart(
            sha256=file.blob_id,
            size=file.blob.size,
            # An empty file has no line whose end could separate it from the boundary.
            after=("" if file.blob.size else "\r\n") + after,
        )
        for file, after in zip(files, following, strict=True)
    ]


def chunks(outbound: OutboundEmail) -> Iterator[bytes]:
    """Yield the bytes of a mail; raises `ContentUnavailable` when a file cannot be read."""
    yield bytes(outbound.content)
    for part in outbound.files:
        try:
            yield from _base64(store.read_file(part["sha256"]))
        except StoreUnavailable as error:
            raise ContentUnavailable(str(error)) from error
        yield part["after"].encode("ascii")


def number_of_chunks(outbound: OutboundEmail) -> int:
    """Return how many pieces `chunks` yields at most."""
    return 1 + sum(int(part["size"]) // CHUNK_BYTES + 3 for part in outbound.files)


def _part_header(file: Attachment, boundary: str) -> str:
    content_type = file.blob.type
    if content_type.startswith(_SENT_AS_BYTES):
        content_type = "application/octet-stream"
    disposition = mail_disposition(file.name).replace("; ", ";\r\n ")
    return (
        f"--{boundary}\r\n"
        f"Content-Type: {content_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: {disposition}\r\n\r\n"
    )


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole = len(data) - len(data) % _LINE_BYTES
        rest = data[whole:]
        yield _lines(data[:whole])
    yield _lines(rest)


def _lines(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")
