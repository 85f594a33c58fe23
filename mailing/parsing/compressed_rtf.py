"""Decompress RTF as Outlook keeps it in a winmail.dat (MS-OXRTFCP)."""

from __future__ import annotations

import struct

# A reference of two bytes stands for 17 at most, so that RTF grows eightfold; no more than this is
# made of it.
RTF_BYTES = 2_000_000
_COMPRESSED, _UNCOMPRESSED = b"LZFu", b"MELA"
# What the dictionary holds at first (2.1.2.1).
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_DICTIONARY_BYTES = 4_096
_HEADER = struct.Struct("<II4s4x")


def decompress(data: bytes) -> bytes:
    """Return the RTF, at most 2 MB of it; of damaged data what can be read. Never raises."""
    if len(data) < _HEADER.size:
        return b""
    _, size, kind = _HEADER.unpack_from(data)
    if kind == _UNCOMPRESSED:
        return data[_HEADER.size :][: min(size, RTF_BYTES)]
    return _decompress_runs(data, min(size, RTF_BYTES)) if kind == _COMPRESSED else b""


def _decompress_runs(data: bytes, size: int) -> bytes:
    """Read runs of eight tokens, each a byte or a reference to the last 4,096 bytes (2.2.2)."""
    # References count from the dictionary's start, which is overwritten in a circle.
    output = bytearray(_DICTIONARY)
    end = len(_DICTIONARY) + size
    position = _HEADER.size
    while position < len(data) and len(output) < end:
        flags = data[position]
        position += 1
        for bit in range(8):
            if not flags >> bit & 1:
                output += data[position : position + 1]
                position += 1
                continue
            reference = int.from_bytes(data[position : position + 2], "big")
            position += 2
            distance = (len(output) - (reference >> 4)) % _DICTIONARY_BYTES
            if not distance or position > len(data):  # a reference to its own place is the end
                return bytes(output[len(_DICTIONARY) : end])
            for _ in range((reference & 15) + 2):
                output.append(output[-distance] if distance <= len(output) else 0x20)
    return bytes(output[len(_DICTIONARY) : end])
