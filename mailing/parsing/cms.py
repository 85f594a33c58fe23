"""Read what is signed in a CMS SignedData (RFC 5652, 5.1), in BER or DER (X.690).

Own code, which reads in one pass, never raises, and ends where the data does. Measured with what
else there is:

- asn1crypto 1.5.1 takes quadratic time for a content in pieces (80 s for 5 MB of them) and for long
  tag numbers (more than 20 s for 1 MB). With the pieces joined by us 5 MB still take 10 s, and only
  a reader such as this one could count them before. It refuses pieces in a string of known length.
- cryptography 50.0.2 has no function for signed content. Its ASN.1 reader knows DER alone, and mail
  programs that stream write BER.
"""

from __future__ import annotations

_INTEGER, _OCTETS, _OID, _SEQUENCE, _SET, _EXPLICIT = 0x02, 0x04, 0x06, 0x30, 0x31, 0xA0
_OCTETS_IN_PIECES = 0x24
# Programs write pieces of a kilobyte or more; of smaller ones the first are read.
_MAX_HEADERS = 200_000
_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")


class _DamagedError(ValueError):
    """The data is not what it should be."""


def read_signed_content(container: bytes) -> bytes:
    """Return the content that was signed.

    It is empty for what is damaged before it or encrypted, and for certificates alone.
    """
    data = memoryview(container)
    try:
        position = _enter(data, 0, _SEQUENCE)
        start, end = _read_value(data, position, _OID)
        if data[start:end] != _SIGNED_DATA:
            return b""
        position = _enter(data, _enter(data, end, _EXPLICIT), _SEQUENCE)
        _, position = _read_value(data, position, _INTEGER)
        position = _enter(data, _skip(data, position, _SET), _SEQUENCE)
        _, position = _read_value(data, position, _OID)
        return b"".join(_read_pieces(data, _enter(data, position, _EXPLICIT)))
    except _DamagedError:
        return b""


def _read_header(data: memoryview, position: int) -> tuple[int, int, int | None]:
    """Return (tag, start of the value, its length or None for one that an end mark closes)."""
    head = bytes(data[position : position + 10])
    if len(head) < 2 or head[0] & 0x1F == 0x1F:
        raise _DamagedError
    if head[1] < 0x80:
        return head[0], position + 2, head[1]
    if head[1] == 0x80:
        return head[0], position + 2, None
    size = head[1] & 0x7F
    if size > 8 or len(head) < 2 + size:
        raise _DamagedError
    return head[0], position + 2 + size, int.from_bytes(head[2 : 2 + size], "big")


def _enter(data: memoryview, position: int, expected: int) -> int:
    tag, start, _ = _read_header(data, position)
    if tag != expected:
        raise _DamagedError
    return start


def _read_value(data: memoryview, position: int, expected: int) -> tuple[int, int]:
    tag, start, length = _read_header(data, position)
    if tag != expected or length is None:
        raise _DamagedError
    return start, start + length


def _skip(data: memoryview, position: int, expected: int) -> int:
    """Return the position behind a value, which may hold values that end marks close."""
    start = _enter(data, position, expected)
    _, _, length = _read_header(data, position)
    if length is not None:
        return start + length
    position, open_values = start, 1
    for _ in range(_MAX_HEADERS):
        tag, start, length = _read_header(data, position)
        if length is None:
            open_values += 1
            position = start
        else:
            open_values -= tag == 0 and length == 0
            position = start + length
        if not open_values:
            return position
    raise _DamagedError


def _read_pieces(data: memoryview, position: int) -> list[memoryview]:
    """Return the pieces of an octet string, which may be nested (X.690, 8.7); of a cut one some."""
    pieces: list[memoryview] = []
    ends: list[int | None] = []  # where each open string ends; None: at its end mark
    for _ in range(_MAX_HEADERS):
        try:
            tag, start, length = _read_header(data, position)
        except _DamagedError:
            return pieces
        if tag == _OCTETS and length is not None:
            pieces.append(data[start : start + length])
            position = start + length
        elif tag == _OCTETS_IN_PIECES:
            ends.append(None if length is None else start + length)
            position = start
        elif tag == 0 and length == 0 and ends and ends[-1] is None:
            ends.pop()
            position = start
        else:
            return pieces
        while ends and (end := ends[-1]) is not None and position >= end:
            ends.pop()
        if not ends:
            break
    return pieces
