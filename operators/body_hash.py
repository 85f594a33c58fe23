"""Hash a request's body while it is read, so that a large one need not be in memory."""

import hashlib
from io import IOBase

from django.http import HttpRequest

_PIECE_BYTES = 1 << 16


class HashedBody(IOBase):
    """The stream of a request's body, which hashes what is read from it.

    The hash covers the method and the path with its query, too. The boundary of a multipart body
    is left out: HTTP libraries choose a new one each time they send the same form.
    """

    def __init__(self, request: HttpRequest) -> None:
        """Take the place of the request's own stream, which nobody has read yet."""
        self._stream = request._stream
        request._stream = self  # type: ignore[assignment]  # Django only reads and closes it
        self._digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
        is_form = request.content_type == "multipart/form-data"
        boundary = (request.content_params or {}).get("boundary", "") if is_form else ""
        self._delimiter = f"--{boundary}".encode() if boundary else b""
        self._held = b""  # may be the beginning of a delimiter

    def read(self, size: int = -1, /) -> bytes:
        """Read as from the request."""
        return self._hash(self._stream.read(size))

    def finish(self) -> str:
        """Read what nobody has read, and return the hash in hexadecimal digits."""
        while self.read(_PIECE_BYTES):
            pass
        whole = self._digest.copy()
        whole.update(self._held)
        return whole.hexdigest()

    def _hash(self, piece: bytes) -> bytes:
        if not self._delimiter:
            self._digest.update(piece)
            return piece
        *parts, rest = (self._held + piece).split(self._delimiter)
        for part in parts:
            self._digest.update(part + b"--\0")
        end = max(len(rest) - len(self._delimiter) + 1, 0)
        self._digest.update(rest[:end])
        self._held = rest[end:]
        return piece
