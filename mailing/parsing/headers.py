"""Read header fields: encoded words (RFC 2047), message ids, dates.

No function raises, and each takes time proportional to its input. The standard library's own
decoders are not used on whole fields: `email.policy.default` raises on hostile ones and
`email.header.decode_header` leaves broken encoded words, common in real mail, as they are.
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from typing import NamedTuple

from mailing.parsing import charsets

# PostgreSQL indexes at most about 2,700 bytes: four bytes a character must fit.
ID_CHARACTERS = 500
MAX_IDS = 100
VALUE_CHARACTERS = 65_536
MAX_FIELDS = 1_000

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*")
_CHARSET = re.compile(rb"charset[ \t]*=[ \t]*[\"']?([A-Za-z0-9_:.-]{2,40})", re.I)
_BLANK_LINES = re.compile(rb"(?:[ \t]*+\n)+")
_ENCODED_WORD_START = re.compile(
    r"=\?[ \t]{0,2}([^?\s=]{0,60})[ \t]{0,2}\?[ \t]{0,2}([bBqQ])[ \t]{0,2}\?"
)
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + b"0123456789+/="))
_ENCODED_WORD_END_IN_Q = re.compile(r"\?=(?![0-9A-Fa-f]{2})")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")
_BARE_MESSAGE_ID = re.compile(r"[^<>\s,;\"()]{1,400}@[^<>\s,;\"()]{1,400}")


class Field(NamedTuple):
    """A header field: its name in lower case, its value unfolded but with encoded words."""

    name: str
    value: str


def parse_fields(
    block: bytes, *, is_part: bool = False, only: Collection[str] | None = None
) -> tuple[list[Field], int]:
    """Read header fields from bytes with "\\n" line ends; return them and the body's offset.

    A part's header may be empty; a message's begins after blank lines, if there are any.
    Tolerated: a leading mbox "From " line, unindented continuation lines, spaces before the colon.
    A line that is no field ends the header if no field follows it, because then the body began
    without a blank line.

    only: the names of the fields whose values are wanted; the others then have an empty one.
    """
    raw_fields: list[tuple[bytes, list[bytes]]] = []
    blank_lines = None if is_part else _BLANK_LINES.match(block)
    position = blank_lines.end() if blank_lines else 0
    while position < len(block):
        end = block.find(b"\n", position)
        end = len(block) if end < 0 else end
        line = block[position:end]
        if not line.strip(b" \t"):
            position = end + 1
            break
        field = _FIELD.match(line)
        if line[0] in b" \t" and raw_fields:
            raw_fields[-1][1].append(line)
        elif line.startswith((b"From ", b">From ")):
            pass  # an mbox separator
        elif field:
            raw_fields.append((field[1].lower(), [line[field.end() :]]))
        elif line.startswith(b"--") or not _is_field_or_continuation(block, end + 1):
            break
        elif raw_fields:
            raw_fields[-1][1].append(b" " + line)
        position = end + 1
    charset = _find_charset(block[:position])
    fields = [
        Field(name, _unfold(lines, charset) if only is None or name in only else "")
        for name, lines in ((key.decode("ascii"), lines) for key, lines in raw_fields[:MAX_FIELDS])
    ]
    return fields, min(position, len(block))


def _find_charset(header: bytes) -> str:
    # A plain search first: the pattern alone, in any case, is tried at every byte.
    start = header.lower().find(b"charset")
    label = _CHARSET.search(header, start) if start >= 0 else None
    return label[1].decode("ascii") if label else ""


def _is_field_or_continuation(block: bytes, position: int) -> bool:
    line = block[position : position + 200].split(b"\n", 1)[0]
    return bool(_FIELD.match(line)) or line[:1] in (b" ", b"\t")


def _unfold(lines: list[bytes], charset: str) -> str:
    """Join folded lines and decode them; raw 8-bit text is in the charset that the body names."""
    data = b"".join(lines)[:VALUE_CHARACTERS]
    # ASCII stays ASCII: the body's charset may be UTF-16 or UTF-7, which would garble it.
    return charsets.decode(data, "" if data.isascii() else charset).strip()


def first_value(fields: list[Field], name: str) -> str:
    """Return the value of the first field of that (lower-case) name, or ""."""
    for field in fields:  # at most half the time of `next` with a generator; each mail asks often
        if field.name == name:
            return field.value
    return ""


def to_single_line(text: str, limit: int) -> str:
    """Return text on one line: no control characters, single spaces, cut to the limit."""
    text = text[: limit * 4]
    if not text.isprintable():
        text = _CONTROLS.sub(" ", charsets.make_storable(text))
    return " ".join(text.split())[:limit].strip()


def decode_encoded_words(value: str) -> str:
    """Decode RFC 2047 encoded words, also broken ones; the rest of the value stays as it is.

    Tolerated: blanks inside a word, words inside quotes or glued to text, a missing charset,
    padding or end, and characters split over neighbouring words of one charset.
    """
    if "=?" not in value:
        return value
    decoded: list[str] = []
    charset, pending = "", b""
    for word in _split_encoded_words(value):
        if word.encoding:
            if pending and word.charset != charset:
                decoded.append(charsets.decode(pending, charset))
                pending = b""
            charset, pending = word.charset, pending + _decode_word(word)
            continue
        if pending:
            if not word.text.strip():
                # White space between encoded words is no part of the text (RFC 2047, 6.2).
                continue
            decoded.append(charsets.decode(pending, charset))
            pending = b""
        decoded.append(word.text)
    if pending:
        decoded.append(charsets.decode(pending, charset))
    return "".join(decoded)


class _Word(NamedTuple):
    """An encoded word with its encoding "q" or "b", or the plain text between two with ""."""

    text: str
    charset: str = ""
    encoding: str = ""


def _split_encoded_words(value: str) -> Iterator[_Word]:
    """Split a value into encoded words and the text between them, in one pass."""
    position = 0
    start = _ENCODED_WORD_START.search(value)
    while start:
        encoding = start[2].lower()
        # A word whose end was cut off ends where the next one begins.
        following = _ENCODED_WORD_START.search(value, start.end())
        limit = following.start() if following else len(value)
        end = value.find("?=", start.end(), limit)
        if encoding == "q" and end >= 0:
            # An unencoded "?" before an encoded character looks like the end ("what?=20now?=").
            real_end = _ENCODED_WORD_END_IN_Q.search(value, end, end + 200)
            if real_end and not re.search(r"\s|=\?", value[end + 2 : real_end.start()]):
                end = real_end.start()
        if start.start() > position:
            yield _Word(value[position : start.start()])
        text = value[start.end() : end] if end >= 0 else value[start.end() : limit].rstrip("?")
        yield _Word(text, start[1].split("*")[0].lower(), encoding)
        position = end + 2 if end >= 0 else limit
        start = following
    if position < len(value):
        yield _Word(value[position:])


def _decode_word(word: _Word) -> bytes:
    data = word.text.encode("utf-8", "replace")
    if word.encoding == "q":
        return binascii.a2b_qp(data.replace(b"\n", b""), header=True)
    return b"".join(decode_base64([data]))


def decode_base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decode base64 in pieces; foreign characters are ignored, padding may be missing or inside."""
    rest = b""
    for piece in pieces:
        *padded_runs, rest = (rest + piece.translate(None, _NOT_BASE64)).split(b"=")
        yield from map(_decode_base64_run, filter(None, padded_runs))
        complete = len(rest) - len(rest) % 4
        yield binascii.a2b_base64(memoryview(rest)[:complete])
        rest = rest[complete:]
    yield _decode_base64_run(rest)


def _decode_base64_run(run: bytes) -> bytes:
    usable = run[: len(run) - 1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))


def parse_message_ids(value: str) -> tuple[str, ...]:
    """Return the message ids of a Message-ID, In-Reply-To or References value as "<x@y>".

    At most MAX_IDS: of a longer list the first (the root) and the last ones.
    """
    if not value:
        return ()
    value = decode_encoded_words(value)
    ids = _MESSAGE_ID.findall(value) or _BARE_MESSAGE_ID.findall(value)
    storable = dict.fromkeys(charsets.make_storable(f"<{message_id}>") for message_id in ids)
    unique = [message_id for message_id in storable if len(message_id) <= ID_CHARACTERS]
    return tuple(unique[:1] + unique[1:][-(MAX_IDS - 1) :])


def parse_date(value: str) -> datetime | None:
    """Return a Date as aware UTC, or None when it is absent, unreadable or not of 1990 to 2099."""
    if not value:
        return None
    try:
        parts = parsedate_tz(to_single_line(value, 200))
        if not parts:
            return None
        at = datetime(*parts[:6], tzinfo=UTC) - timedelta(seconds=parts[9] or 0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if 1990 <= at.year <= 2099 else None
