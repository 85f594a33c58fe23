"""Address lists (RFC 5322, 3.4), tolerant of what real and hostile mail puts there.

Own code in one pass: `email.utils.getaddresses` mistakes quoted and nested forms for other
addresses (CVE-2023-27043), and `email._header_value_parser` raises and takes quadratic time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.parsing import charsets, headers

EMAIL_CHARACTERS = 254  # RFC 5321, 4.5.3.1.3
NAME_CHARACTERS = 200
MAX_ADDRESSES = 200

# An encoded word is one mark: what stands in it has no meaning for the list.
_MARKS = re.compile(r'=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,1000}\?=|["\\(),:;<>]')
_NOT_ADDRESS = re.compile(r"[\s<>()\",;:\\]+|(?<![@\w])\[")
_DOMAIN = re.compile(r"\[[0-9A-Za-z.:]+\]|[^\s@<>()\",;:\\\[\]]+")
# What a local part may hold in quotes alone (RFC 5321, 4.1.2).
_SPECIAL = re.compile(r'[\s()<>\[\]:;@\\,"]')
# '"a b"@c.d' without angle brackets: its words alone would be somebody else's address.
_QUOTED_ADDRESS = re.compile(r'\s*("[^"]+"@[^\s"]+)\s*')
# White space between the tokens of an address (RFC 5322, 4.4); a quoted one holds its own.
_BLANKS = re.compile(r'("[^"]*"(?=@))|\s+')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)+"')


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A mailbox: its address in lower case ("" when there is none) and its decoded name."""

    email: str = ""
    name: str = ""


def parse(value: str) -> tuple[Address, ...]:
    """Return the usable addresses of a field's (undecoded) value, at most MAX_ADDRESSES."""
    found = tuple(_addresses(value))
    if not found and "=?" in value:
        # The whole field, address and all, was put into encoded words.
        found = tuple(_addresses(headers.one_line(headers.decode_words(value), 2_000)))
    return found


def _addresses(value: str) -> list[Address]:
    found: list[Address] = []
    for item in _items(value):
        address = item.address()
        if address.email:
            found.append(address)
            if len(found) == MAX_ADDRESSES:
                break
    return found


class _Item:
    """What stands between two commas, sorted into phrase, comment and angle brackets."""

    def __init__(self) -> None:
        self.phrase: list[str] = []
        self.written: list[str] = []  # the phrase with its quotes
        self.comment: list[str] = []
        self.angle: list[str] = []
        self.has_angle = False

    def address(self) -> Address:
        phrase = "".join(self.phrase)
        comment = headers.decode_words("".join(self.comment))
        if self.has_angle:
            email = normal(_without_route("".join(self.angle)))
            if email:
                return Address(email, _name(headers.decode_words(phrase)) or _name(comment))
        quoted = _QUOTED_ADDRESS.fullmatch("".join(self.written)[:4_000])
        if quoted and (email := normal(quoted[1])):
            return Address(email, _name(comment))
        phrase = re.sub(r"\s*@\s*", "@", phrase[:4_000].strip())
        words = (word for word in _NOT_ADDRESS.split(phrase) if "@" in word)
        found = next((email for word in words if (email := normal(word))), "")
        return Address(found, _name(comment)) if found else Address()


def _items(value: str) -> list[_Item]:
    """Sort a list's characters into items in one pass over its marks."""
    scan, position = _Scan(), 0
    for found in _MARKS.finditer(value):
        at, mark = found.start(), found[0]
        if at < position:
            continue
        scan.put(value[position:at])
        position = found.end()
        if mark == "\\":
            scan.put(value[at + 1 : at + 2])
            position = at + 2
        else:
            scan.mark(mark)
        if len(scan.items) > MAX_ADDRESSES * 2:
            return scan.items
    scan.put(value[position:])
    return scan.items


class _Scan:
    """Where in a list the reader stands: in quotes, in comments, in angle brackets."""

    def __init__(self) -> None:
        self.items = [_Item()]
        self.quoted = self.angle = False
        self.depth = 0

    def put(self, text: str) -> None:
        item = self.items[-1]
        (item.comment if self.depth else item.angle if self.angle else item.phrase).append(text)
        if not (self.depth or self.angle):
            item.written.append(text)

    def mark(self, mark: str) -> None:
        if mark == '"' and not self.depth:
            self.quoted = not self.quoted
            (self.items[-1].angle if self.angle else self.items[-1].written).append(mark)
        elif self.quoted or len(mark) > 1:
            self.put(mark)
        elif mark == "(" or (mark == ")" and self.depth):
            self.depth += 1 if mark == "(" else -1
        elif self.depth:
            self.put(mark)
        elif mark == "<":
            self.angle = self.items[-1].has_angle = True
            self.items[-1].angle.clear()
        elif mark == ">" and self.angle:
            self.angle = False
        elif mark == ":" and not self.angle:
            self.items[-1] = _Item()  # a group's name (RFC 5322, 3.4) is nobody's address
        elif mark in ",;" and not self.angle:
            self.items.append(_Item())
        else:
            self.put(mark)


def _without_route(text: str) -> str:
    """Drop the source route of "<@a,@b:user@c>" (RFC 5322, 4.4)."""
    if text.lstrip().startswith("@") and ":" in text:
        return text.split(":", 1)[1]
    return text


def normal(text: str) -> str:
    """Return an addr-spec in lower case, or "" when the text is not one usable address."""
    text = charsets.make_storable(headers.decode_words(text)).strip()
    text = _BLANKS.sub(lambda found: found[1] or "", text).strip("'").lower()
    if text.startswith("mailto:"):
        text = text[7:]
    local, at, domain = text.rpartition("@")
    if not local or not at or len(text) > EMAIL_CHARACTERS:
        return ""
    bare = local[1:-1] if len(local) > 2 and local[0] == local[-1] == '"' else local
    if not _DOMAIN.fullmatch(domain) or domain.strip(".") == "":
        return ""
    if any(not letter.isprintable() for letter in text) or (bare == local and "@" in local):
        return ""
    return f"{local}@{domain.rstrip('.')}"


def spelled(email: str) -> str:
    """Return an address as a header and RCPT must have it: an odd local part in quotes.

    Dots anywhere are let through, since mailboxes such as a..b@docomo.ne.jp exist.
    """
    local, _, domain = email.rpartition("@")
    if not _SPECIAL.search(local) or _QUOTED.fullmatch(local):
        return email
    escaped = re.sub(r'(["\\])', r"\\\1", local)
    return f'"{escaped}"@{domain}'


def _name(text: str) -> str:
    return headers.one_line(headers.decode_words(text), NAME_CHARACTERS).strip("\"' ")
