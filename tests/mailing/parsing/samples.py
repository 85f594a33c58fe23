"""Mail for the parser's tests, and its files in a form to compare."""

from __future__ import annotations

import struct

from mailing.parsing.message import parse_with_files
from tests.paths import MAIL


def read(name: str) -> bytes:
    """Return the bytes of a mail in tests/mailing/mail."""
    return (MAIL / name).read_bytes()


def multipart(subtype: str, *parts: str) -> bytes:
    """Return a multipart mail of parts, each with its own header."""
    head = f'From: a@b.example\nContent-Type: multipart/{subtype}; boundary="x"\n\n'
    return (head + "".join(f"--x\n{part}\n" for part in parts) + "--x--\n").encode()


def files_of(raw: bytes) -> list[tuple[str, str, str, bytes]]:
    """Return the name, type, content id and bytes of each file of a mail."""
    _mail, files = parse_with_files(raw)
    return [(file.name, file.type, file.content_id, b"".join(file.chunks())) for file in files]


def compress(source: bytes) -> bytes:
    """Return compressed RTF that refers to nothing but its end."""
    end = (207 + len(source)) % 4_096
    tokens = [*(bytes([byte]) for byte in source), (end << 4).to_bytes(2, "big")]
    runs = [tokens[start : start + 8] for start in range(0, len(tokens), 8)]
    body = b"".join(bytes([0]) + b"".join(run) for run in runs[:-1])
    body += bytes([1 << len(runs[-1]) - 1]) + b"".join(runs[-1])
    return struct.pack("<II4sI", len(body) + 12, len(source), b"LZFu", 0) + body
