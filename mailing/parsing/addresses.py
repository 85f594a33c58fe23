"""Read address lists (RFC 5322, 3.4) tolerantly, as real and hostile mail writes them.

Own code in one pass: `email.utils.getaddresses` mistakes quoted and nested forms for other
addresses (CVE-2023-27043), and `email._header_value_parser` raises and takes quadratic time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.parsing import charsets, headers
from operators.mailboxes import INVISIBLE

EMAIL_CHARACTERS = 254  # RFC 5321, 4.5.3.1.3
NAME_CHARACTERS = 200
MAX_ADDRESSES = 200

# An encoded word counts as one delimiter: characters in it have no meaning for the list.
_DELIMITERS = re.compile(r'=\?[^?\s]{0,60}\?[bBqQ]\?[^?]{0,1000}\?=|["\\(),:;<>]')
# Brackets and quotation marks that people, and programs that "improve" text, write for "<" and ">".
_OPENING = r"<(\[{‹«〈《⟨❮【「『〔“„"
_CLOSING = r">)\]}›»〉》⟩❯】」』〕”"
_BRACKETED = re.compile(
    rf"[{_OPENING}]\s*([^\s@{_OPENING}{_CLOSING}]+@[^\s@{_OPENING}{_CLOSING}]+)\s*[{_CLOSING}]"
)
_NOT_ADDRESS = re.compile(r"[\s<>()\",;:\\‹›«»〈〉《》⟨⟩❮❯【】「」『』〔〕“”„]+|(?<![@\w])\[")
_DOMAIN = re.compile(
    r"\[[0-9A-Za-z.:]+\]|[^\s@<>()\",;:\\\[\]‹›«»〈〉《》⟨⟩❮❯【】「」『』〔〕“”„]+"
)
# Characters that a local part may have only in quotes (RFC 5321, 4.1.2).
_QUOTED_ONLY = re.compile(r'[\s()<>\[\]:;@\\,"]')
# '"a b"@c.d' without angle brackets: a word of it alone would be somebody else's address.
_QUOTED_ADDRESS = re.compile(r'\s*("[^"]+"@[^\s"]+)\s*')
# White space between the tokens of an address (RFC 5322, 4.4); inside quotes it is kept.
_BLANKS = re.compile(r'("[^"]*"(?=@))|\s+')
_QUOTED_LOCAL_PART = re.compile(r'"(?:[^"\\]|\\.)+"')
# An East Asian keyboard's full-width ASCII and its full stops (RFC 3490, 3.1): each one character.
_TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TO_ASCII |= {0x3002: ord("."), 0xFF61: ord("."), 0xFE52: ord("."), 0xFE6B: ord("@")}
_PHRASE_CHARACTERS = 4_000
# What nearly every field is: one address of usual characters, alone or behind a name.
_USUAL_ADDRESS = r"([A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)"
_ONE_ADDRESS = re.compile(
    rf'(?:"([^"\\<>]*)"\s*|([^"\\(),:;<>]*))<{_USUAL_ADDRESS}>|{_USUAL_ADDRESS}'
)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A mailbox: its address in lower case ("" when there is none) and its decoded name."""

    email: str = ""
    name: str = ""


def parse(value: str) -> tuple[Address, ...]:
    """Return the usable addresses of a field's (undecoded) value, at most MAX_ADDRESSES."""
    if not value:
        return ()
    # The webhook waits for this, and a list's way to the same address takes five times as long.
    one = _ONE_ADDRESS.fullmatch(value)
    if one and len(email := one[3] or one[4]) <= EMAIL_CHARACTERS:
        name = headers.decode_encoded_words(one[1] or one[2] or "")
        return (Address(email.lower(), _clean_name(name)),)
    return _parse_list(value)


def _parse_list(value: str) -> tuple[Address, ...]:
    if "<" not in value:  # written by a program that escaped it for HTML
        value = value.replace("&lt;", "<").replace("&gt;", ">")
    addresses = _read_list(value)
    if not addresses and "=?" in value:
        # The whole field, address and all, was put into encoded words.
        value = headers.to_single_line(headers.decode_encoded_words(value), 2_000)
        addresses = _read_list(value)
    if not addresses and '"@' not in value:
        # The only address is in a comment, or behind quotes in a wrong order.
        address = _read_text(value)
        addresses = [address] if address.email else []
    return tuple(addresses)


def _read_list(value: str) -> list[Address]:
    splitter = _split_list(value)
    addresses = _read_items(splitter.items)
    if splitter.is_unclosed or not addresses:
        addresses = _read_items(_split_list(value, ends_at_angle=True).items) or addresses
    return addresses


def _read_items(items: list[_ListItem]) -> list[Address]:
    """Return the items' addresses; text without one begins the next name ("Berg, Anna <a@b>")."""
    addresses: list[Address] = []
    before = ""
    for item in items:
        address = item.read_address()
        if not address.email:
            phrase = headers.decode_encoded_words("".join(item.phrase)).strip()
            is_name = phrase and "@" not in phrase and len(before) < NAME_CHARACTERS
            before = f"{before}{phrase}{item.separator} " if is_name else ""
            continue
        if before and item.has_angle:
            address = Address(address.email, _clean_name(before + address.name))
        before = ""
        addresses.append(address)
        if len(addresses) == MAX_ADDRESSES:
            break
    return addresses


class _ListItem:
    """The text between two separators, sorted into phrase, comment and angle brackets."""

    def __init__(self) -> None:
        self.phrase: list[str] = []
        self.phrase_with_quotes: list[str] = []
        self.comment: list[str] = []
        self.angle: list[str] = []
        self.has_angle = False
        self.separator = ""

    def read_address(self) -> Address:
        """Return the item's address and name; `Address()` when it has no usable address."""
        phrase = "".join(self.phrase)
        comment = headers.decode_encoded_words("".join(self.comment))
        if self.has_angle:
            angle = _without_route("".join(self.angle))
            email = normalize(angle) or ("" if '"' in angle else _find_word(angle))
            if email:
                phrase = headers.decode_encoded_words(phrase)
                return Address(email, _clean_name(phrase) or _clean_name(comment))
        quoted = _QUOTED_ADDRESS.fullmatch("".join(self.phrase_with_quotes)[:_PHRASE_CHARACTERS])
        if quoted and (email := normalize(quoted[1])):
            return Address(email, _clean_name(comment))
        address = _read_text(phrase)
        if not address.email or address.name:
            return address
        return Address(address.email, _clean_name(comment))


def _read_text(text: str) -> Address:
    """Return the first address of text without angle brackets, and what stands before brackets."""
    text = text[:_PHRASE_CHARACTERS]
    ascii_text = text.translate(_TO_ASCII)
    for match in _BRACKETED.finditer(ascii_text):
        if email := normalize(match[1]):
            return Address(email, _clean_name(text[: match.start()]))
    return Address(_find_word(ascii_text))


def _find_word(text: str) -> str:
    """Return the first word that is an address, or ""."""
    text = re.sub(r"\s*@\s*", "@", text[:_PHRASE_CHARACTERS].translate(_TO_ASCII).strip())
    words = (word for word in _NOT_ADDRESS.split(text) if "@" in word)
    return next((email for word in words if (email := normalize(word))), "")


def _split_list(value: str, *, ends_at_angle: bool = False) -> _ListSplitter:
    """Sort a list's characters into items in one pass over its delimiters."""
    splitter, position = _ListSplitter(ends_at_angle, value.rfind(";")), 0
    for match in _DELIMITERS.finditer(value):
        start, delimiter = match.start(), match[0]
        if start < position:
            continue
        splitter.add_text(value[position:start])
        position = match.end()
        if delimiter == "\\":
            splitter.add_text(value[start + 1 : start + 2])
            position = start + 2
        else:
            splitter.add_delimiter(delimiter, start)
        if len(splitter.items) > MAX_ADDRESSES * 2:
            return splitter
    splitter.add_text(value[position:])
    if ends_at_angle:
        splitter.end_quotes_and_comments()
    return splitter


class _ListSplitter:
    """The items read so far, and whether the position is in quotes, comments or angle brackets.

    ends_at_angle: whether a "<" ends quotes and comments, for a list in which some never end.
    """

    def __init__(self, ends_at_angle: bool, last_semicolon: int) -> None:
        self.items = [_ListItem()]
        self.in_quotes = self.in_angle = False
        self.comment_depth = self.comment_start = 0
        self.ends_at_angle = ends_at_angle
        self.last_semicolon = last_semicolon

    @property
    def is_unclosed(self) -> bool:
        """Whether a quotation or a comment has not ended."""
        return self.in_quotes or self.comment_depth > 0

    def add_text(self, text: str) -> None:
        """Add text without a meaning of its own to the current item."""
        item = self.items[-1]
        if self.comment_depth:
            item.comment.append(text)
        elif self.in_angle:
            item.angle.append(text)
        else:
            item.phrase.append(text)
            item.phrase_with_quotes.append(text)

    def add_delimiter(self, delimiter: str, position: int) -> None:
        """Go on past a delimiter, or add it as text where it has no meaning."""
        item = self.items[-1]
        if delimiter == "<" and self.ends_at_angle:
            self.end_quotes_and_comments()
        if delimiter == '"' and not self.comment_depth:
            self.in_quotes = not self.in_quotes
            (item.angle if self.in_angle else item.phrase_with_quotes).append(delimiter)
        elif self.in_quotes or len(delimiter) > 1:
            self.add_text(delimiter)
        elif delimiter == "(" or (delimiter == ")" and self.comment_depth):
            if not self.comment_depth:
                self.comment_start = len(item.comment)
            self.comment_depth += 1 if delimiter == "(" else -1
        elif self.comment_depth:
            self.add_text(delimiter)
        elif delimiter == "<":
            self.in_angle = item.has_angle = True
            item.angle.clear()
        elif delimiter == ">" and item.has_angle:
            self.in_angle = False
        elif delimiter == ":" and not self.in_angle and position < self.last_semicolon:
            self.items[-1] = _ListItem()  # the name of a group (RFC 5322, 3.4) is not an address
        elif delimiter in ",;" and self._ends_item():
            self.in_angle, item.separator = False, delimiter
            self.items.append(_ListItem())
        else:
            self.add_text(delimiter)

    def _ends_item(self) -> bool:
        """Return whether a separator ends the item, also one whose ">" is missing."""
        angle = self.items[-1].angle
        if not self.in_angle:
            return True
        is_route = bool(angle) and angle[0].lstrip().startswith("@")
        return not is_route and "@" in "".join(angle[-1:])

    def end_quotes_and_comments(self) -> None:
        """Go on as if nothing had been opened: what seemed a comment belongs to the phrase."""
        item = self.items[-1]
        if self.comment_depth:
            item.phrase += ["(", *item.comment[self.comment_start :]]
            del item.comment[self.comment_start :]
        self.in_quotes, self.comment_depth = False, 0


def _without_route(text: str) -> str:
    """Drop the source route of "<@a,@b:user@c>" (RFC 5322, 4.4)."""
    if text.lstrip().startswith("@") and ":" in text:
        return text.split(":", 1)[1]
    return text


def normalize(text: str) -> str:
    """Return an addr-spec in lower case, or "" when the text is not one usable address."""
    text = charsets.make_storable(headers.decode_encoded_words(text))
    text = INVISIBLE.sub("", text).translate(_TO_ASCII).strip()
    text = _BLANKS.sub(lambda match: match[1] or "", text).strip("'`\u2018\u2019").lower()
    text = text.removeprefix("url:").removeprefix("smtp:")  # Outlook's and Exchange's words
    if text.startswith("mailto:"):
        text = text[7:].partition("?")[0]
    local, at, domain = text.rpartition("@")
    if not local or not at or len(text) > EMAIL_CHARACTERS:
        return ""
    bare = local[1:-1] if len(local) > 2 and local[0] == local[-1] == '"' else local
    if not _DOMAIN.fullmatch(domain) or domain.strip(".") == "":
        return ""
    if not text.isprintable() or (bare == local and "@" in local):
        return ""
    return f"{local}@{domain.rstrip('.')}"


def format_addr_spec(email: str) -> str:
    """Return an address as header fields and RCPT need it: an unusual local part in quotes.

    Dots are allowed anywhere, since mailboxes such as a..b@docomo.ne.jp exist.
    """
    local, _, domain = email.rpartition("@")
    if not _QUOTED_ONLY.search(local) or _QUOTED_LOCAL_PART.fullmatch(local):
        return email
    escaped = re.sub(r'(["\\])', r"\\\1", local)
    return f'"{escaped}"@{domain}'


def _clean_name(text: str) -> str:
    name = headers.to_single_line(headers.decode_encoded_words(text), NAME_CHARACTERS).strip('" ')
    return name.strip("' ") if name[:1] == name[-1:] == "'" else name
