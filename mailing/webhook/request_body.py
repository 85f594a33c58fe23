"""A webhook call's body on disk instead of in memory: 25 MB of mail are 33 MB of JSON.

The long values are cut out of the JSON before it is parsed, and decoded from the disk piece by
piece. What is cut out is base64 letters alone, for which other such letters stand in, so that the
JSON says the same or is as wrong as before.
"""

import base64
import binascii
import re
import secrets
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.request import Request

from tickets.files.store import translate_storage_errors

MEMORY_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 16
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/"
_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")


class Body:
    """A body: up to a megabyte of it in memory, a larger one in a temporary file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._file: BinaryIO = spool()
        for piece in pieces:
            with translate_storage_errors():
                self._file.write(piece)
        self.size = self._file.tell()
        # Nobody who writes a body can know it.
        self._mark = secrets.token_hex(16)
        self._cut: list[tuple[int, int]] = []

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole body in blocks."""
        self._file.seek(0)
        while block := self._file.read(_BLOCK_BYTES):
            yield block

    def skeleton(self) -> bytes:
        """Return the body, with marks in the place of blocks that are base64 letters alone."""
        if self.size <= MEMORY_BYTES:
            return b"".join(self.blocks())
        out: list[bytes] = []
        self._cut = []
        position, in_cut = 0, False
        for block in self.blocks():
            is_long = len(block) == _BLOCK_BYTES and not block.translate(None, _LETTERS)
            if is_long and in_cut:
                start, size = self._cut[-1]
                self._cut[-1] = (start, size + len(block))
            elif is_long:
                out.append(f"{self._mark}-{len(self._cut)}-".encode())
                self._cut.append((position, len(block)))
            else:
                out.append(block)
            in_cut, position = is_long, position + len(block)
        return b"".join(out)

    def is_whole(self, text: str) -> bool:
        """Tell whether a string from the skeleton is all there."""
        return not self._cut or self._mark not in text

    def full(self, text: str) -> str:
        """Return a string of the skeleton with what was cut out of it."""
        return (
            text if self.is_whole(text) else b"".join(self.pieces(text)).decode("ascii", "replace")
        )

    def pieces(self, text: str) -> Iterator[bytes]:
        """Yield a string of the skeleton, what was cut out of it from the disk; raises
        `UnicodeEncodeError` for one that is not ASCII."""
        for index, part in enumerate(re.split(f"{self._mark}-([0-9]+)-", text)):
            if index % 2 == 0:
                yield part.encode("ascii")
                continue
            start, size = self._cut[int(part)]
            self._file.seek(start)
            for _ in range(size // _BLOCK_BYTES):
                yield self._file.read(_BLOCK_BYTES)


def of(request: Request) -> Body:
    """Return the body of a call, read once; raises `RequestDataTooBig` as Django's own does."""
    http = request._request
    if not hasattr(http, "spooled_body"):
        announced = int(http.META.get("CONTENT_LENGTH") or 0)
        if announced > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        http.spooled_body = Body(iter(lambda: http.read(_BLOCK_BYTES), b""))  # type: ignore[attr-defined]  # ours
    body: Body = http.spooled_body  # type: ignore[attr-defined]  # ours
    return body


def keep_in_memory(request: Request) -> None:
    """Let a call's body be parsed as any other's."""
    request._request._body = b"".join(of(request).blocks())


def spool() -> BinaryIO:
    """Return a file that stays in memory while it is small."""
    return tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # type: ignore[return-value]  # it has all of it


def decoded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decode base64url in pieces, padded or not; raises `ValueError` on anything else."""
    rest, is_padded = b"", False
    for piece in pieces:
        bare = piece.rstrip(b"=")
        if b"=" in bare or (is_padded and bare):
            raise ValueError("text behind the padding")
        is_padded = is_padded or len(bare) < len(piece)
        text = rest + bare.translate(_STANDARD_ALPHABET)
        whole = len(text) - len(text) % 4
        yield _strictly(text[:whole])
        rest = text[whole:]
    yield _strictly(rest + b"=" * (-len(rest) % 4))


def _strictly(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error
