"""Mail for the parser's tests, and its files in a form to compare."""

from __future__ import annotations

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
