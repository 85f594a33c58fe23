"""Header fields: the block's lines, encoded words (RFC 2047), parameters (RFC 2231), identifiers.

Every function is total and takes time proportional to its input. The standard library's own
decoders are not used on whole fields: `email.policy.default` raises on hostile ones and
`email.header.decode_header` leaves broken encoded words, common in real mail, as they are.
"""

from __future__ import annotations

import binascii
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from urllib.parse import unquote_to_bytes

from mailing.parsing import charsets

# PostgreSQL indexes at most about 2,700 bytes: four bytes a character must fit.
ID_CHARACTERS = 500
MAX_IDS = 100
VALUE_CHARACTERS = 65_536
MAX_FIELDS = 1_000

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*")
_CHARSET = re.compile(rb"charset[ \t]*=[ \t]*[\"']?([A-Za-z0-9_:.-]{2,40})", re.I)
_BLANK_LINES = re.compile(rb"(?:[ \t]*+\n)+")
_WORD = re.compile(r"=\?([^?\s=]{1,60})\?([bBqQ])\?")
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + b"0123456789+/="))
_Q_END = re.compile(r"\?=(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_ID = re.compile(r"<([^<>\s]{1,900})>")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[^";]+|;', re.DOTALL)
_BARE_ID = re.compile(r"[^<>\s,;\"()]{1,400}@[^<>\s,;\"()]{1,400}")


@dataclass(frozen=True, slots=True, repr=False)
class Field:
    """A header field: name in lower case, value unfolded, 8-bit recovered, words still encoded."""

    name: str
    value: str


def split(block: bytes, *, part: bool = False) -> tuple[list[Field], int]:
    """Read header fields from bytes with "\\n" line ends; return them and the body's offset.

    A part's header may be empty, a message's begins after blank lines, if there are any.
    Tolerated: a leading mbox "From " line, unindented continuation lines, spaces before the colon.
    A line that is no field ends the header when no field follows it (the body began without a
    blank line).
    """
    raw: list[tuple[bytes, list[bytes]]] = []
    position = 0
    if not part:
        blank = _BLANK_LINES.match(block)
        position = blank.end() if blank else 0
    while position < len(block):
        end = block.find(b"\n", position)
        end = len(block) if end < 0 else end
        line = block[position:end]
        if not line.strip(b" \t"):
            position = end + 1
            break
        field = _FIELD.match(line)
        if line[0] in b" \t" and raw:
            raw[-1][1].append(line)
        elif field and not line.startswith((b"From ", b">From ")):
            raw.append((field[1].lower(), [line[field.end() :]]))
        elif not line.startswith((b"From ", b">From ")):
            if line.startswith(b"--") or not _fields_follow(block, end + 1):
                break
            if raw:
                raw[-1][1].append(b" " + line)
        position = end + 1
    label = _CHARSET.search(block[:position])
    hint = label[1].decode("ascii") if label else ""
    fields = [
        Field(name.decode("ascii", "replace"), _unfold(lines, hint))
        for name, lines in raw[:MAX_FIELDS]
    ]
    return fields, min(position, len(block))


def _fields_follow(block: bytes, position: int) -> bool:
    line = block[position : position + 200].split(b"\n", 1)[0]
    return bool(_FIELD.match(line)) or line[:1] in (b" ", b"\t")


def _unfold(lines: list[bytes], hint: str) -> str:
    """Join folded lines; raw 8-bit text is in the charset that the body is said to be in."""
    data = b"".join(lines)[:VALUE_CHARACTERS]
    # What looks like ASCII is: in UTF-16 or UTF-7, as the body may be, it would be something else.
    return charsets.decode(data, "" if data.isascii() else hint).strip()


def first(fields: list[Field], name: str) -> str:
    """Return the first field of that name: where mail has several, the first one counts."""
    return next((field.value for field in fields if field.name == name), "")


def one_line(text: str, limit: int) -> str:
    """Return text without control characters, white space as single blanks, cut to limit."""
    return " ".join(_CONTROL.sub(" ", charsets.make_storable(text[: limit * 4])).split())[
        :limit
    ].strip()


def decode_words(value: str) -> str:
    """Decode RFC 2047 encoded words, also broken ones; the rest of the value stays as it is.

    Taken as meant: blanks inside a word, words inside quotes or glued to text, a missing padding
    or end, and characters split over neighbouring words of one charset.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    charset, pending = "", b""
    for is_word, text, label in _tokens(value):
        if is_word:
            data = _word_bytes(text, label[-1])
            if pending and label[:-1] != charset:
                out.append(charsets.decode(pending, charset))
                pending = b""
            charset, pending = label[:-1], pending + data
            continue
        if pending:
            if not text.strip():
                # White space between encoded words is no part of the text (RFC 2047, 6.2).
                continue
            out.append(charsets.decode(pending, charset))
            pending = b""
        out.append(text)
    if pending:
        out.append(charsets.decode(pending, charset))
    return "".join(out)


def _tokens(value: str) -> Iterator[tuple[bool, str, str]]:
    """Yield (is a word, its text, charset + encoding letter), in one pass over the value."""
    position = 0
    while found := _WORD.search(value, position):
        encoding = found[2].lower()
        end = value.find("?=", found.end())
        if encoding == "q" and end >= 0:
            # An unencoded "?" before an encoded character looks like the end ("what?=20now?=").
            real = _Q_END.search(value, end, end + 200)
            if real and not re.search(r"\s|=\?", value[end + 2 : real.start()]):
                end = real.start()
        if found.start() > position:
            yield False, value[position : found.start()], ""
        text = value[found.end() : end if end >= 0 else len(value)]
        yield True, text, found[1].split("*")[0].lower() + encoding
        position = end + 2 if end >= 0 else len(value)
    if position < len(value):
        yield False, value[position:], ""


def _word_bytes(text: str, encoding: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding == "q":
        return binascii.a2b_qp(data.replace(b"\n", b""), header=True)
    return base64_bytes(data)


def base64_bytes(data: bytes) -> bytes:
    """Decode base64 as it comes: foreign characters ignored, padding missing or in the middle."""
    return b"".join(base64_chunks([data]))


def base64_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decode base64 that comes in pieces as `base64_bytes` would decode it whole."""
    rest = b""
    for piece in pieces:
        *ended, rest = re.split(rb"=+", rest + piece.translate(None, _NOT_BASE64))
        yield from map(_base64_run, ended)
        whole = len(rest) - len(rest) % 4
        yield binascii.a2b_base64(memoryview(rest)[:whole])
        rest = rest[whole:]
    yield _base64_run(rest)


def _base64_run(run: bytes) -> bytes:
    usable = run[: len(run) - 1] if len(run) % 4 == 1 else run
    return binascii.a2b_base64(usable + b"=" * (-len(usable) % 4))


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split a Content-Type or Content-Disposition into its value and decoded parameters.

    RFC 2231 continuations and charsets, RFC 2047 words (not allowed there, but usual), missing
    quotes and doubled parameters (first wins) are understood.
    """
    pieces = _semicolons(value[:16_384])
    found: dict[str, str] = {}
    for piece in pieces[1:200]:
        name, equals, text = piece.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), _unquote(text.strip()))
    plain = {name: decode_words(text) for name, text in found.items() if "*" not in name}
    for name in dict.fromkeys(name.split("*")[0] for name in found if "*" in name):
        plain[name] = _rfc2231(name, found)
    return pieces[0].strip().lower(), plain


def _semicolons(value: str) -> list[str]:
    pieces = [""]
    for piece in _TOKEN.findall(value):
        if piece == ";":
            pieces.append("")
        else:
            pieces[-1] += piece
    return pieces


def _unquote(text: str) -> str:
    if text.startswith('"'):
        end = re.match(r'"((?:[^"\\]|\\.)*)', text, re.DOTALL)
        return re.sub(r"\\(.)", r"\1", end[1]) if end else text
    return text


def _rfc2231(name: str, found: dict[str, str]) -> str:
    """Join name*0*, name*1 … (RFC 2231, 3 and 4); an index that is missing ends the value."""
    data, charset = b"", ""
    keys = [f"{name}*"] if f"{name}*" in found else []
    index = 0
    while not keys or index:
        key = next((k for k in (f"{name}*{index}*", f"{name}*{index}") if k in found), "")
        if not key:
            break
        keys.append(key)
        index += 1
    for position, key in enumerate(keys):
        text = found[key]
        if key.endswith("*"):
            if position == 0 and text.count("'") >= 2:
                charset, _, text = text.split("'", 2)
            data += unquote_to_bytes(text)
        else:
            data += text.encode("utf-8", "replace")
    return charsets.decode(data, charset) if keys else decode_words(found.get(name, ""))


def identifiers(value: str) -> tuple[str, ...]:
    """Return the message ids of a Message-ID, In-Reply-To or References value as "<x@y>".

    At most MAX_IDS: of a longer list the first (the root) and the last ones.
    """
    value = decode_words(value)
    found = [f"<{one}>" for one in _ID.findall(value)]
    if not found:
        found = [f"<{one}>" for one in _BARE_ID.findall(value)]
    unique = [
        one
        for one in dict.fromkeys(map(charsets.make_storable, found))
        if len(one) <= ID_CHARACTERS
    ]
    return tuple(unique[:1] + unique[1:][-(MAX_IDS - 1) :])


def date(value: str) -> datetime | None:
    """Return a Date as aware UTC, or None when it is absent, unreadable or not of 1990 to 2099."""
    try:
        parts = parsedate_tz(one_line(value, 200))
        if not parts:
            return None
        at = datetime(*parts[:6], tzinfo=UTC) - timedelta(seconds=parts[9] or 0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if 1990 <= at.year <= 2099 else None
