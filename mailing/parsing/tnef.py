"""Read the files in a winmail.dat, Outlook's Transport Neutral Encapsulation Format (MS-OXTNEF).

Own code rather than tnefparse, which copies the rest of its input for every attribute (quadratic)
and raises on damaged ones. This reads in one pass, never raises, and ends where the data does.
The body of the container's message is read by tnef_body.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mailing.parsing import charsets, headers
from mailing.parsing.mime import MimePart

_SIGNATURE = 0x223E9F78
_MAX_MEMBERS = 1_000
_MAX_DEPTH = 5
_MAX_PROPERTIES = 10_000

# Attributes (2.1.1 in MS-OXTNEF), by the lower half of their id.
_ATTACH_REND_DATA, _ATTACH_TITLE, _ATTACH_DATA = 0x9002, 0x8010, 0x800F
_ATTACHMENT, MESSAGE_PROPERTIES, BODY, OEM_CODEPAGE = 0x9005, 0x9003, 0x800C, 0x9007
# Properties (MS-OXPROPS).
PR_BODY, PR_HTML = 0x1000, 0x1013
_PR_DATA, _PR_FILENAME, _PR_LONG_FILENAME = 0x3701, 0x3704, 0x3707
_PR_DISPLAY_NAME, _PR_MIME_TAG, _PR_CONTENT_ID = 0x3001, 0x370E, 0x3712
# Types of properties: how many bytes a value takes, padded to four (2.1.3.4 in MS-OXTNEF).
_FIXED_SIZES = {
    1: 4,
    2: 4,
    3: 4,
    4: 4,
    5: 8,
    6: 8,
    7: 8,
    0xA: 4,
    0xB: 4,
    0x14: 8,
    0x40: 8,
    0x48: 16,
}
STRING, UNICODE, OBJECT, BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MULTIPLE = 0x1000
# The interface of an object that is a message itself.
_IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")

_NO_BYTES = memoryview(b"")


@dataclass(slots=True, repr=False)
class Member:
    """A file in the container; its content is a view of the container's bytes."""

    name: str = ""
    type: str = ""
    content_id: str = ""
    content: memoryview = _NO_BYTES


def is_container(leaf: MimePart) -> bool:
    """Return whether a leaf is a winmail.dat."""
    return (
        leaf.type in ("application/ms-tnef", "application/vnd.ms-tnef")
        or leaf.filename.lower() == "winmail.dat"
    )


def read_members(data: bytes) -> list[Member]:
    """Return the files in the container, and the body of its message if it is text or HTML.

    Of a damaged container the files before the damage are returned.
    """
    members: list[Member] = []
    todo = [(memoryview(data), 0)]
    while todo and len(members) < _MAX_MEMBERS:
        container, depth = todo.pop()
        for member in _iter_members(container):
            content = member.content
            if content[:16] == _IID_MESSAGE:
                member.content = content[16:]
                member.type = "application/ms-tnef"
                if depth < _MAX_DEPTH:
                    todo.append((member.content, depth + 1))
            if len(member.content) and len(members) < _MAX_MEMBERS:
                members.append(member)
    return members


def _iter_members(container: memoryview) -> Iterator[Member]:
    codepage = "cp1252"
    member: Member | None = None
    for attribute, value in iter_attributes(container):
        if attribute == OEM_CODEPAGE and len(value) >= 4:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif attribute == _ATTACH_REND_DATA:  # the first attribute of each file
            if member:
                yield member
            member = Member()
        elif attribute == BODY:
            yield Member("message.txt", "text/plain", "", value)
        elif attribute == MESSAGE_PROPERTIES:
            yield from _iter_bodies(value)
        elif member and attribute == _ATTACH_TITLE:
            member.name = member.name or _decode_string(value, codepage)
        elif member and attribute == _ATTACH_DATA:
            member.content = value
        elif member and attribute == _ATTACHMENT:
            _fill_from_properties(member, value, codepage)
    if member:
        yield member


def iter_attributes(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the number and the value of each attribute."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return
    position = 6
    while position + 9 <= len(data):
        attribute, size = struct.unpack_from("<HxxI", data, position + 1)
        position += 9
        yield attribute, data[position : position + size]
        position += size + 2  # and the checksum


def _iter_bodies(properties: memoryview) -> Iterator[Member]:
    for number, value_type, value in iter_properties(properties):
        if number == PR_HTML:
            yield Member("message.html", "text/html", "", value)
        elif number == PR_BODY and value_type in (STRING, UNICODE):
            yield Member("message.txt", "text/plain", "", value)


def _fill_from_properties(member: Member, properties: memoryview, codepage: str) -> None:
    texts: dict[int, str] = {}
    for number, value_type, value in iter_properties(properties):
        if number == _PR_DATA and value_type in (OBJECT, BINARY):
            member.content = value
        elif value_type in (STRING, UNICODE):
            encoding = "utf-16-le" if value_type == UNICODE else codepage
            texts[number] = _decode_string(value, encoding)
    names = map(texts.get, (_PR_LONG_FILENAME, _PR_FILENAME, _PR_DISPLAY_NAME))
    member.name = next(filter(None, names), member.name)
    member.type = texts.get(_PR_MIME_TAG, "").lower()
    member.content_id = texts.get(_PR_CONTENT_ID, "").strip("<> ")


def iter_properties(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Yield (number, type, value), only the first of multiple values; end at an unknown type."""
    position = 4
    for _ in range(_MAX_PROPERTIES):
        if position + 4 > len(data):
            return
        value_type, number = struct.unpack_from("<HH", data, position)
        position += 4
        if number >= 0x8000:  # a named property: a GUID, and its number or its name
            has_name = _read_uint32(data, position + 16)
            position += 24
            if has_name:
                position += _pad_to_four(_read_uint32(data, position - 4))
        base_type = value_type & ~_MULTIPLE
        size = _FIXED_SIZES.get(base_type)
        if size is None and base_type not in (STRING, UNICODE, OBJECT, BINARY):
            return
        count = 1
        if size is None or value_type & _MULTIPLE:
            count, position = _read_uint32(data, position), position + 4
        if size is not None:
            yield number, base_type, data[position : position + size]
            # Several two-byte values are padded as a whole.
            is_narrow = value_type & _MULTIPLE and base_type in (2, 0xB)
            position += _pad_to_four((2 if is_narrow else size) * count)
            continue
        for index in range(min(count, _MAX_PROPERTIES)):
            length, position = _read_uint32(data, position), position + 4
            if position > len(data):
                return
            if index == 0:
                yield number, base_type, data[position : position + length]
            position += _pad_to_four(length)


def _read_uint32(data: memoryview, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "little")


def _pad_to_four(length: int) -> int:
    return length + -length % 4


def _decode_string(value: memoryview, encoding: str) -> str:
    raw = bytes(value[:2_000])
    if encoding == "utf-16-le":
        return headers.to_single_line(raw.decode("utf-16-le", "replace").split("\0")[0], 1_000)
    return headers.to_single_line(charsets.decode(raw.split(b"\0")[0], encoding), 1_000)
