"""Show what is inside opaque-signed S/MIME (RFC 8551, 3.5.2); signatures are not verified.

A signed mail of this form is one binary part that holds its text and its files. Its content is
appended to the message's bytes, so that its parts are slices of them like all others, and the
signed part itself stays a file, with which the signature can be verified.
"""

from __future__ import annotations

from dataclasses import replace

from mailing.parsing import cms, headers, mime, structure
from mailing.parsing.limits import Budget
from mailing.parsing.mime import MimePart

_TYPES = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_NAMES = ("", "smime.p7m")
# EnvelopedData and AuthEnvelopedData (RFC 5652, 14; RFC 5083, 2).
_ENCRYPTED_TYPES = (
    bytes.fromhex("06092a864886f70d010703"),
    bytes.fromhex("060b2a864886f70d0109100117"),
)
# Signed parts of a message, also within each other.
_SIGNED_PARTS = 5


def open_signed_parts(data: bytes, root: MimePart, budget: Budget) -> bytes:
    """Give each signed part its content as its first child; return the bytes with the contents.

    Raises LimitExceeded.
    """
    todo = [leaf for leaf in mime.iter_leaves(root) if _may_be_signed(leaf)][:_SIGNED_PARTS]
    opened = 0
    while todo and opened < _SIGNED_PARTS:
        leaf = todo.pop(0)
        opened += 1
        budget.check_time()
        content = cms.read_signed_content(mime.decode_content(data, leaf))
        content = mime.normalize_line_ends(content)
        entity = _describe_entity(content, leaf, len(data) + 1) if content else None
        if not entity:
            continue
        data = b"\n".join((data, content))
        budget.take_part(1)
        structure.parse_parts(data, entity, budget)
        leaf.children = [entity, replace(leaf)]
        leaf.type = "multipart/signed"  # it has the same form now (RFC 1847, 2.1)
        todo.extend(inner for inner in mime.iter_leaves(entity) if _may_be_signed(inner))
    return data


def is_encrypted(data: bytes, part: MimePart) -> bool:
    """Return whether a part is encrypted, by S/MIME or OpenPGP (RFC 3156, 4)."""
    if part.type in ("application/pgp-encrypted", "multipart/encrypted"):
        return True
    head = mime.decode_content(data, part)[:64] if _may_be_signed(part) else b""
    return any(content_type in head for content_type in _ENCRYPTED_TYPES)


def _may_be_signed(leaf: MimePart) -> bool:
    return leaf.type in _TYPES or leaf.filename.lower().endswith("smime.p7m")


def _describe_entity(content: bytes, leaf: MimePart, start: int) -> MimePart | None:
    """Return the MIME entity that was signed; None for a signed file such as contract.pdf.p7m."""
    fields, offset = headers.parse_fields(content, is_part=True)
    has_type = any(field.name.startswith("content-") for field in fields)
    is_text = leaf.filename.lower() in _NAMES and b"\0" not in content
    if not has_type and not is_text:
        return None
    return mime.describe_part(fields, start + offset, start + len(content))
