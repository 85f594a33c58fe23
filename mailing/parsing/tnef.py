"""The files in a winmail.dat, Outlook's Transport Neutral Encapsulation Format (MS-OXTNEF).

Own code rather than tnefparse, which copies the rest of its input for every attribute (quadratic)
and raises on damaged ones. This is one pass; it never raises, and ends where the data does.
Compressed RTF is left as it is: nothing here makes more bytes of fewer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from mailing.parsing import charsets, headers

_SIGNATURE = 0x223E9F78
_MEMBERS = 1_000
_DEPTH = 5
_PROPERTIES = 10_000

# Attributes (2.1.1 in MS-OXTNEF), by the lower half of their id.
_ATTACH_REND_DATA, _ATTACH_TITLE, _ATTACH_DATA = 0x9002, 0x8010, 0x800F
_ATTACHMENT, _MESSAGE_PROPERTIES, _BODY, _OEM_CODEPAGE = 0x9005, 0x9003, 0x800C, 0x9007
# Properties (MS-OXPROPS).
_PR_BODY, _PR_HTML = 0x1000, 0x1013
_PR_DATA, _PR_FILENAME, _PR_LONG_FILENAME = 0x3701, 0x3704, 0x3707
_PR_DISPLAY_NAME, _PR_MIME_TAG, _PR_CONTENT_ID = 0x3001, 0x370E, 0x3712
# Types of properties: how many bytes a value takes, padded to four (2.1.3.4 in MS-OXTNEF).
_FIXED = {1: 4, 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MULTIPLE = 0x1000
# The interface of an object that is a message itself.
_IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")

_NOTHING = memoryview(b"")


@dataclass(slots=True, repr=False)
class Member:
    """A file in the container; its content is a view of the container's bytes."""

    name: str = ""
    type: str = ""
    content_id: str = ""
    content: memoryview = _NOTHING


def members(data: bytes) -> list[Member]:
    """Return the files in the container, and the body of its message where it has one as text or
    HTML; those of a damaged one as far as it can be read."""
    found: list[Member] = []
    todo = [(memoryview(data), 0)]
    while todo and len(found) < _MEMBERS:
        container, depth = todo.pop()
        for member in _members(container):
            inner = member.content
            if inner[:16] == _IID_MESSAGE:
                member.content = inner[16:]
                member.type = "application/ms-tnef"
                if depth < _DEPTH:
                    todo.append((member.content, depth + 1))
            if len(member.content) and len(found) < _MEMBERS:
                found.append(member)
    return found


def _members(data: memoryview) -> Iterator[Member]:
    codepage = "cp1252"
    current: Member | None = None
    for attribute, value in _attributes(data):
        if attribute == _OEM_CODEPAGE and len(value) >= 4:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif attribute == _ATTACH_REND_DATA:
            if current:
                yield current
            current = Member()
        elif attribute == _BODY:
            yield Member("message.txt", "text/plain", "", value)
        elif attribute == _MESSAGE_PROPERTIES:
            yield from _bodies(value)
        elif current and attribute == _ATTACH_TITLE:
            current.name = current.name or _text(value, codepage)
        elif current and attribute == _ATTACH_DATA:
            current.content = value
        elif current and attribute == _ATTACHMENT:
            _describe(current, value, codepage)
    if current:
        yield current


def _attributes(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return
    position = 6
    while position + 9 <= len(data):
        attribute, size = struct.unpack_from("<HxxI", data, position + 1)
        position += 9
        yield attribute, data[position : position + size]
        position += size + 2  # and the checksum


def _bodies(data: memoryview) -> Iterator[Member]:
    for name, kind, value in _properties(data):
        if name == _PR_HTML:
            yield Member("message.html", "text/html", "", value)
        elif name == _PR_BODY and kind in (_STRING, _UNICODE):
            yield Member("message.txt", "text/plain", "", value)


def _describe(member: Member, data: memoryview, codepage: str) -> None:
    names: dict[int, str] = {}
    for name, kind, value in _properties(data):
        if name == _PR_DATA and kind in (_OBJECT, _BINARY):
            member.content = value
        elif kind in (_STRING, _UNICODE):
            names[name] = _text(value, "utf-16-le" if kind == _UNICODE else codepage)
    known = (names.get(one) for one in (_PR_LONG_FILENAME, _PR_FILENAME, _PR_DISPLAY_NAME))
    member.name = next(filter(None, known), member.name)
    member.type = names.get(_PR_MIME_TAG, "").lower()
    member.content_id = names.get(_PR_CONTENT_ID, "").strip("<> ")


def _properties(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Yield (id, type, value); of several values the first. It ends at what it does not know."""
    position = 4
    for _ in range(_PROPERTIES):
        if position + 4 > len(data):
            return
        kind, name = struct.unpack_from("<HH", data, position)
        position += 4
        if name >= 0x8000:  # a named property: a GUID, and its number or its name
            is_text = _number(data, position + 16)
            position += 24
            if is_text:
                position += _padded(_number(data, position - 4))
        base = kind & ~_MULTIPLE
        size = _FIXED.get(base)
        if size is None and base not in (_STRING, _UNICODE, _OBJECT, _BINARY):
            return
        count = 1
        if size is None or kind & _MULTIPLE:
            count, position = _number(data, position), position + 4
        if size is not None:
            yield name, base, data[position : position + size]
            narrow = kind & _MULTIPLE and base in (2, 0xB)  # two bytes each, padded as a whole
            position += _padded((2 if narrow else size) * count)
            continue
        for index in range(min(count, _PROPERTIES)):
            length, position = _number(data, position), position + 4
            if position > len(data):
                return
            if index == 0:
                yield name, base, data[position : position + length]
            position += _padded(length)


def _number(data: memoryview, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "little")


def _padded(length: int) -> int:
    return length + -length % 4


def _text(value: memoryview, codepage: str) -> str:
    raw = bytes(value[:2_000])
    if codepage == "utf-16-le":
        return headers.one_line(raw.decode("utf-16-le", "replace").split("\0")[0], 1_000)
    return headers.one_line(charsets.decode(raw.split(b"\0")[0], codepage), 1_000)
