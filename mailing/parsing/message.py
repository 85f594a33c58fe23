"""Bytes of a mail to a ParsedEmail: pure and total, it raises on no input whatever.

One walk over the MIME structure within limits (mime), header fields and addresses read with
tolerance (headers, addresses), text in any charset (charsets), a body chosen (body).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from mailing.parsing import addresses, attachments, body, headers, mime
from mailing.parsing.addresses import Address
from mailing.parsing.attachments import MailFile
from mailing.parsing.headers import Field
from mailing.parsing.limits import HEADER_BYTES, Budget, LimitExceeded, Limits
from mailing.parsing.mime import Node

__all__ = ["Address", "Limits", "ParsedEmail", "Part", "Report", "parse", "read_senders"]

SUBJECT_CHARACTERS = 998
# In these encoded words have no meaning, and decoding would let a sender's address add results.
_UNENCODED = ("authentication-results",)
_HEADERS = 500
_REPORT_CHARACTERS = 64_000
_REPORTS = 10
_REPORT_TYPES = (
    "message/delivery-status",
    "message/global-delivery-status",
    "message/feedback-report",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/rfc822",
    "message/global",
    "message/global-headers",
    "message/partial",
    "text/rfc822-headers",
    "message/rfc822-headers",
)


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """A leaf that is not the body: its claimed type in lower case, its size in decoded bytes."""

    name: str
    type: str
    size: int
    content_id: str
    disposition: str


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """A part that reports on another message (RFC 3462), or that message or its header."""

    type: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class ParsedEmail:
    """What a mail says. No string holds NUL or a lone surrogate, and every length is bounded.

    sender is the first From, or for want of one Sender, Reply-To, Return-Path (sender_from names
    the field). headers are (lower-case name, decoded value) in order; of repeated fields the first
    counts. date is aware UTC, None when absent or not of 1990 to 2099. body_hash is the SHA-256 of
    what follows the header, its line ends as "\\n". problem is why the mail cannot be worked ("" if
    it can); even then the rest is filled in as far as it was read.
    """

    sender: Address
    sender_from: str
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    html: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: datetime | None
    headers: tuple[tuple[str, str], ...]
    content_type: str
    report_type: str
    parts: tuple[Part, ...]
    reports: tuple[Report, ...]
    body_hash: str
    problem: str

    def header(self, name: str) -> str:
        """Return the first field of that (lower-case) name, or ""."""
        return next((value for key, value in self.headers if key == name), "")

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Return every field of that (lower-case) name, topmost first."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True, repr=False)
class Leaf:
    """A leaf with its content, for whoever stores files."""

    part: Part
    payload: bytes


def parse(raw: bytes, limits: Limits = Limits()) -> ParsedEmail:  # noqa: B008 - frozen
    """Parse a mail; never raises, and stops at its limits with the reason in `problem`."""
    return parse_with_files(raw, limits)[0]


def parse_with_files(
    raw: bytes,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    *,
    crlf: bool | None = None,
) -> tuple[ParsedEmail, tuple[MailFile, ...]]:
    """Parse a mail as `parse` does, and return its files too, their bytes not decoded yet.

    crlf is what `mime.normalised` said of a mail that went through it.
    """
    try:
        return _parse(raw, limits, _has_crlf(raw) if crlf is None else crlf)
    except Exception as error:  # noqa: BLE001 - a bug here must not cost a mail: it is kept, raw
        empty = _of_header([], mime.node([], 0, 0))
        digest = hashlib.sha256(raw).hexdigest()
        problem = f"cannot be parsed: {type(error).__name__}"
        return replace(empty, body_hash=digest, problem=problem), ()


def _parse(raw: bytes, limits: Limits, crlf: bool) -> tuple[ParsedEmail, tuple[MailFile, ...]]:
    budget = Budget(limits)
    data = mime.normalise_line_ends(raw[: limits.message_bytes])
    fields, offset = _header_block(data)
    root = mime.node(fields, offset, len(data))
    problem = _too_large(raw, offset, limits)
    mail, files = _of_header(fields, root), tuple[MailFile, ...]()
    try:
        mime.read(data, root, budget)
        chosen = body.choose(data, root, budget)
        mail = replace(mail, text=chosen.text, html=chosen.html)
        parts = tuple(_parts(data, root, chosen.used, budget, crlf))
        mail = replace(mail, parts=parts, reports=_reports(data, root))
        files = tuple(attachments.find(data, root, chosen.used, budget, crlf=crlf))
    except LimitExceeded as limit:
        problem = problem or str(limit)
    digest = hashlib.sha256(memoryview(data)[offset:]).hexdigest()
    return replace(mail, body_hash=digest, problem=problem), files


def _has_crlf(raw: bytes) -> bool:
    return raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r") > 0


def _header_block(data: bytes) -> tuple[list[Field], int]:
    return headers.split(data[: HEADER_BYTES + 1])


def _too_large(raw: bytes, header_size: int, limits: Limits) -> str:
    if len(raw) > limits.message_bytes:
        return f"larger than {limits.message_bytes} bytes"
    if header_size > HEADER_BYTES:
        return f"header larger than {HEADER_BYTES} bytes"
    return ""


def _of_header(fields: list[Field], root: Node) -> ParsedEmail:
    sender, sender_from = _sender(fields)
    ids = headers.identifiers(headers.first(fields, "message-id"))
    return ParsedEmail(
        sender=sender,
        sender_from=sender_from,
        reply_to=_addresses(fields, "reply-to"),
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        subject=headers.one_line(
            headers.decode_words(headers.first(fields, "subject")), SUBJECT_CHARACTERS
        ),
        text="",
        html="",
        message_id=ids[0] if ids else "",
        in_reply_to=headers.identifiers(headers.first(fields, "in-reply-to")),
        references=headers.identifiers(headers.first(fields, "references")),
        date=headers.date(headers.first(fields, "date")),
        headers=tuple((one.name[:100], _value(one)) for one in fields[:_HEADERS]),
        content_type=root.type,
        report_type=root.parameters.get("report-type", "").lower()[:100],
        parts=(),
        reports=(),
        body_hash="",
        problem="",
    )


def _value(field: Field) -> str:
    decoded = field.value if field.name in _UNENCODED else headers.decode_words(field.value)
    return headers.one_line(decoded, headers.VALUE_CHARACTERS)


def _sender(fields: list[Field]) -> tuple[Address, str]:
    for name in ("from", "sender", "reply-to", "return-path"):
        found = _addresses(fields, name)
        if found:
            return found[0], name
    return Address(), ""


def _addresses(fields: list[Field], name: str) -> tuple[Address, ...]:
    return addresses.parse(headers.first(fields, name))


def _parts(data: bytes, root: Node, used: list[Node], budget: Budget, crlf: bool) -> Iterator[Part]:
    for leaf in mime.leaves(root):
        budget.check_time()
        if not any(leaf is one for one in used):
            yield _part(leaf, sum(map(len, mime.chunks(data, leaf, crlf=crlf))))


def _part(leaf: Node, size: int) -> Part:
    content_id = headers.one_line(headers.first(leaf.fields, "content-id"), 255)
    return Part(leaf.filename, leaf.type, size, content_id.strip("<> "), leaf.disposition[:100])


def _reports(data: bytes, root: Node) -> tuple[Report, ...]:
    found: list[Report] = []
    for leaf in mime.leaves(root):
        if leaf.type in _REPORT_TYPES and len(found) < _REPORTS:
            found.append(Report(leaf.type, body.decoded(data, leaf)[:_REPORT_CHARACTERS]))
    return tuple(found)


def leaves(raw: bytes, limits: Limits = Limits()) -> Iterator[Leaf]:  # noqa: B008 - frozen
    """Yield every leaf with its decoded payload, in order, as far as the limits let it be read."""
    data = mime.normalise_line_ends(raw[: limits.message_bytes])
    fields, offset = _header_block(data)
    root = mime.node(fields, offset, len(data))
    with suppress(LimitExceeded):
        mime.read(data, root, Budget(limits))
    for leaf in mime.leaves(root):
        payload = mime.payload(data, leaf, crlf=_has_crlf(raw))
        yield Leaf(_part(leaf, len(payload)), payload)


def read_senders(raw: bytes) -> tuple[Address, tuple[Address, ...]]:
    """Return the sender and reply_to that `parse` returns, from the header alone; never raises."""
    try:
        # Three times the limit: a line end may be CR CR LF, and both must see the same header.
        data = mime.normalise_line_ends(raw[: HEADER_BYTES * 3 + 3])
        fields, _ = _header_block(data)
        return _sender(fields)[0], _addresses(fields, "reply-to")
    except Exception:  # noqa: BLE001 - as in parse, with which it must agree
        return Address(), ()
