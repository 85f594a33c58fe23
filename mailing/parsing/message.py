"""Parse a mail's bytes into a ParsedEmail; never raises.

The MIME structure is read once, within limits (mime), header fields and addresses are read with
tolerance (headers, addresses), text is decoded from any charset (charsets), and a body is chosen
(body).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailing.parsing import (
    addresses,
    attachments,
    body,
    encoded_multiparts,
    headers,
    image_references,
    mime,
    part_text,
    smime,
    structure,
)
from mailing.parsing.addresses import Address
from mailing.parsing.attachments import MailFile
from mailing.parsing.headers import Field
from mailing.parsing.limits import HEADER_BYTES, Budget, LimitExceeded, Limits
from mailing.parsing.mime import MimePart

SUBJECT_CHARACTERS = 998
# Encoded words have no meaning in these fields: decoded, a sender's address could add results.
_FIELDS_WITHOUT_ENCODED_WORDS = ("authentication-results",)
# Google Groups writes both, other lists the first.
# What `classification.author` reads: a hundred fields of a mail have no part in whose mail it is.
AUTHOR_FIELDS = frozenset(
    {
        *("from", "sender", "reply-to", "return-path", "cc", "x-original-from"),
        *("x-original-sender", "x-beenthere", "list-id", "list-post", "list-unsubscribe-post"),
    }
)
_NO_PART = mime.describe_part([], 0, 0)
_ORIGINAL_SENDER_FIELDS = ("x-original-from", "x-original-sender")
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
    "text/vnd.google.email-reaction+json",
)


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """A part that reports on another message (RFC 3462), or that message or its header."""

    type: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class ParsedEmail:
    """The content of a mail. No string has NUL or a lone surrogate, and every length is bounded.

    sender: the first address of From, or when it has none of Sender, Reply-To or Return-Path.
    original_senders: whom a group or mailing list names as the author that it replaced in From.
    headers: (lower-case name, decoded value) in order; of repeated fields the first counts.
    date: aware UTC, None when absent or not of 1990 to 2099.
    body_hash: the SHA-256 of all after the header, with "\\n" line ends.
    signature: "not verified" for a signed mail, whose signature is never checked; else "".
    problem: why the mail cannot be processed, "" if it can; what was read until then is filled in.
    """

    sender: Address
    reply_to: tuple[Address, ...]
    original_senders: tuple[Address, ...]
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
    reports: tuple[Report, ...]
    body_hash: str
    signature: str
    problem: str
    _first_values: dict[str, str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # The rules ask for some seventy fields, few of which a mail has.
        object.__setattr__(self, "_first_values", dict(reversed(self.headers)))

    @property
    def has_null_return_path(self) -> bool:
        """Whether the return path is empty, as that of delivery reports (RFC 5321, 4.5.5)."""
        return self.header("return-path").replace(" ", "") == "<>"

    def header(self, name: str) -> str:
        """Return the first field of that (lower-case) name, or ""."""
        return self._first_values.get(name, "")

    def all_headers(self, name: str) -> tuple[str, ...]:
        """Return every field of that (lower-case) name, topmost first."""
        if name not in self._first_values:
            return ()
        return tuple(value for key, value in self.headers if key == name)


def parse(raw: bytes, limits: Limits = Limits()) -> ParsedEmail:  # noqa: B008 - frozen
    """Parse a mail; never raises, and stops at its limits with the reason in `problem`."""
    return parse_with_files(raw, limits)[0]


def parse_with_files(
    raw: bytes,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    *,
    had_crlf: bool | None = None,
) -> tuple[ParsedEmail, tuple[MailFile, ...]]:
    """Parse a mail as `parse` does, and return its files too, whose bytes are not decoded yet.

    had_crlf: what `mime.join_pieces` returned with a mail that it normalized.
    """
    try:
        return _parse(raw, limits, _has_only_crlf(raw) if had_crlf is None else had_crlf)
    except Exception as error:  # noqa: BLE001 - a bug here must not lose a mail: it is kept, raw
        empty = _parse_header([], mime.describe_part([], 0, 0))
        digest = hashlib.sha256(raw).hexdigest()
        problem = f"cannot be parsed: {type(error).__name__}"
        return replace(empty, body_hash=digest, problem=problem), ()


def _parse(raw: bytes, limits: Limits, had_crlf: bool) -> tuple[ParsedEmail, tuple[MailFile, ...]]:
    budget = Budget(limits)
    data = mime.normalize_line_ends(raw[: limits.message_bytes])
    fields, offset = _read_header(data)
    root = mime.describe_part(fields, offset, len(data))
    problem = _find_size_problem(raw, offset, limits)
    mail = _parse_header(fields, root)
    text = html = signature = ""
    reports, files = tuple[Report, ...](), tuple[MailFile, ...]()
    digest = hashlib.sha256(memoryview(data)[offset:]).hexdigest()
    try:
        structure.parse_parts(data, root, budget)
        data = encoded_multiparts.open_encoded_multiparts(data, root, budget)
        data = smime.open_signed_parts(data, root, budget)
        mail_body = body.choose_body(data, root, budget)
        html = image_references.link_images(mail_body.html, root, mail_body.leaves)
        text, html = mail_body.text, html[: body.HTML_CHARACTERS]
        signature, reports = _find_signature(root), _read_reports(data, root)
        files = tuple(attachments.find_files(data, root, mail_body, budget, had_crlf=had_crlf))
    except LimitExceeded as limit:
        problem = problem or str(limit)
    mail = replace(
        mail,
        text=text,
        html=html,
        reports=reports,
        body_hash=digest,
        signature=signature,
        problem=problem,
    )
    return mail, files


def _has_only_crlf(raw: bytes) -> bool:
    return raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r") > 0


def _read_header(data: bytes) -> tuple[list[Field], int]:
    return headers.parse_fields(data[: HEADER_BYTES + 1])


def _find_size_problem(raw: bytes, header_size: int, limits: Limits) -> str:
    if len(raw) > limits.message_bytes:
        return f"larger than {limits.message_bytes} bytes"
    if header_size > HEADER_BYTES:
        return f"header larger than {HEADER_BYTES} bytes"
    return ""


def _parse_header(fields: list[Field], root: MimePart) -> ParsedEmail:
    message_ids = _message_ids(fields, "message-id")
    subject = headers.decode_encoded_words(headers.first_value(fields, "subject"))
    return ParsedEmail(
        sender=_find_sender(fields),
        reply_to=_addresses(fields, "reply-to"),
        original_senders=tuple(
            address for name in _ORIGINAL_SENDER_FIELDS for address in _addresses(fields, name)[:1]
        ),
        to=_addresses(fields, "to"),
        cc=_addresses(fields, "cc"),
        subject=headers.to_single_line(subject, SUBJECT_CHARACTERS),
        text="",
        html="",
        message_id=message_ids[0] if message_ids else "",
        in_reply_to=_message_ids(fields, "in-reply-to"),
        references=_message_ids(fields, "references"),
        date=headers.parse_date(headers.first_value(fields, "date")),
        headers=tuple((field.name[:100], _decode_value(field)) for field in fields[:_HEADERS]),
        content_type=root.type,
        # Only a multipart has one (RFC 6522, 3).
        report_type=root.parameters.get("report-type", "").lower()[:100]
        if root.type.startswith("multipart/")
        else "",
        reports=(),
        body_hash="",
        signature="",
        problem="",
    )


def _decode_value(field: Field) -> str:
    value = field.value
    if field.name not in _FIELDS_WITHOUT_ENCODED_WORDS:
        value = headers.decode_encoded_words(value)
    return headers.to_single_line(value, headers.VALUE_CHARACTERS)


def _find_sender(fields: list[Field]) -> Address:
    for name in ("from", "sender", "reply-to", "return-path"):
        senders = _addresses(fields, name)
        if senders:
            return senders[0]
    return Address()


def _addresses(fields: list[Field], name: str) -> tuple[Address, ...]:
    return addresses.parse(headers.first_value(fields, name))


def _message_ids(fields: list[Field], name: str) -> tuple[str, ...]:
    return headers.parse_message_ids(headers.first_value(fields, name))


def _find_signature(root: MimePart) -> str:
    todo = [root]
    while todo:
        part = todo.pop()
        if part.type == "multipart/signed":
            return "not verified"
        todo.extend(part.children)
    return ""


def _read_reports(data: bytes, root: MimePart) -> tuple[Report, ...]:
    leaves = [leaf for leaf in mime.iter_leaves(root) if leaf.type in _REPORT_TYPES]
    return tuple(
        Report(leaf.type, part_text.decode_text(data, leaf)[:_REPORT_CHARACTERS])
        for leaf in leaves[:_REPORTS]
    )


def parse_author_fields(raw: bytes) -> ParsedEmail:
    """Return what `parse` returns, but only with the fields that name an author; never raises."""
    try:
        # Three times the limit, since line ends may be CR CR LF; `parse` must see the same header.
        data = raw[: HEADER_BYTES * 3 + 3]
        # The header ends at a blank line, but not at those that may precede it.
        end = data.find(b"\r\n\r\n", len(data) - len(data.lstrip(b"\r\n\t ")))
        data = mime.normalize_line_ends(data if end < 0 else data[: end + 4])
        fields, _ = headers.parse_fields(data[: HEADER_BYTES + 1], only=AUTHOR_FIELDS)
        if len(fields) <= _HEADERS:  # otherwise `parse` leaves out some, by their place among all
            fields = [field for field in fields if field.name in AUTHOR_FIELDS]
        return _parse_header(fields, _NO_PART)
    except Exception:  # noqa: BLE001 - as in parse, with which it must agree
        return _parse_header([], _NO_PART)
