"""Keep a webhook call's body on disk instead of in memory: 25 MB of mail are 33 MB of JSON.

Long runs of base64 are cut out of the JSON before it is parsed, and decoded from the disk in
pieces. A marker of base64 letters takes their place, so that the JSON is as valid as before.
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
_BASE64_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/"
_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")


class Body:
    """A request's body: up to a megabyte in memory, a larger one in a temporary file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._file: BinaryIO = open_spool()
        for piece in pieces:
            with translate_storage_errors():
                self._file.write(piece)
        self.size = self._file.tell()
        self._marker = ""
        self._cut_out: list[tuple[int, int]] = []  # position and size in the file

    def blocks(self) -> Iterator[bytes]:
        """Yield the whole body in blocks."""
        self._file.seek(0)
        while block := self._file.read(_BLOCK_BYTES):
            yield block

    def skeleton(self) -> bytes:
        """Return the body with markers in place of long runs of base64."""
        if self.size <= MEMORY_BYTES:
            return b"".join(self.blocks())
        self._marker = secrets.token_hex(16)  # random, so that no body can contain it
        skeleton: list[bytes] = []
        self._cut_out = []
        position, in_run = 0, False
        for block in self.blocks():
            is_base64 = len(block) == _BLOCK_BYTES and not block.translate(None, _BASE64_LETTERS)
            if is_base64 and in_run:
                start, size = self._cut_out[-1]
                self._cut_out[-1] = (start, size + len(block))
            elif is_base64:
                skeleton.append(f"{self._marker}-{len(self._cut_out)}-".encode())
                self._cut_out.append((position, len(block)))
            else:
                skeleton.append(block)
            in_run, position = is_base64, position + len(block)
        return b"".join(skeleton)

    def is_complete(self, text: str) -> bool:
        """Return whether nothing was cut out of a string in the skeleton."""
        return not self._cut_out or self._marker not in text

    def restore(self, text: str) -> str:
        """Return a string of the skeleton with what was cut out of it."""
        if self.is_complete(text):
            return text
        return b"".join(self.pieces(text)).decode("ascii", "replace")

    def pieces(self, text: str) -> Iterator[bytes]:
        """Yield a string of the skeleton in pieces, with what was cut out of it read from the disk.

        Raises `UnicodeEncodeError` for a string that is not ASCII.
        """
        for index, part in enumerate(re.split(f"{self._marker}-([0-9]+)-", text)):
            if index % 2 == 0:
                yield part.encode("ascii")
                continue
            start, size = self._cut_out[int(part)]
            self._file.seek(start)
            for _ in range(size // _BLOCK_BYTES):
                yield self._file.read(_BLOCK_BYTES)


def read_body(request: Request) -> Body:
    """Return a call's body, read once; raises `RequestDataTooBig` as Django itself does."""
    http = request._request
    if not hasattr(http, "spooled_body"):
        announced = int(http.META.get("CONTENT_LENGTH") or 0)
        if announced > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        http.spooled_body = Body(iter(lambda: http.read(_BLOCK_BYTES), b""))  # type: ignore[attr-defined]  # ours
    body: Body = http.spooled_body  # type: ignore[attr-defined]  # ours
    return body


def load_into_memory(request: Request) -> None:
    """Load a call's body into memory, where REST framework's parsers look for it."""
    request._request._body = b"".join(read_body(request).blocks())


def open_spool() -> BinaryIO:
    """Return a file that stays in memory while it is small."""
    return tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # type: ignore[return-value]  # it has all of BinaryIO


def decode_base64url(text: bytes) -> bytes:
    """Decode base64url, padded or not; raises `ValueError` on anything else."""
    letters = text.rstrip(b"=").translate(_STANDARD_ALPHABET)
    if b"=" in letters:
        raise ValueError("text after the padding")
    return _decode_strictly(letters + b"=" * (-len(letters) % 4))


def decode_base64url_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decode base64url that comes in pieces, as `decode_base64url` does."""
    rest, is_padded = b"", False
    for piece in pieces:
        letters = piece.rstrip(b"=")
        if b"=" in letters or (is_padded and letters):
            raise ValueError("text after the padding")
        is_padded = is_padded or len(letters) < len(piece)
        text = rest + letters.translate(_STANDARD_ALPHABET)
        whole = len(text) - len(text) % 4
        yield _decode_strictly(text[:whole])
        rest = text[whole:]
    yield _decode_strictly(rest + b"=" * (-len(rest) % 4))


def _decode_strictly(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
