"""Render outgoing mail: once, when it is queued, so that each attempt sends the same bytes."""

import base64
import binascii
from dataclasses import dataclass, field
from email.utils import format_datetime, make_msgid
from functools import cache
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.template.loader import get_template
from django.utils import timezone, translation

from mailing.models import OutboundEmail
from mailing.outbound.attachments import FilePart, file_parts
from mailing.own_mail import LOOP_HEADER, sign_loop_header
from mailing.parsing import addresses, headers
from tickets.models import Attachment, Ticket

Kind = OutboundEmail.Kind

SUBJECT_CHARACTERS = 200
_REFERENCES = 20
_LINE_CHARACTERS = 78  # RFC 5322, 2.1.1
# In base64, with all around it and "Subject: ", at most 76 characters (RFC 2047, 2).
_ENCODED_WORD_BYTES = 39

# RFC 3834, section 5: an automatic answer to a mail is auto-replied, any other automatic mail is
# auto-generated. X-Auto-Response-Suppress (MS-OXCMAIL 2.2.3.2.14) without DR, NDR and All, since
# bounces are wanted.
_SUPPRESS = {"X-Auto-Response-Suppress": "OOF, AutoReply, RN, NRN"}
AUTOMATIC_HEADERS = {
    Kind.CREATED: {"Auto-Submitted": "auto-replied", **_SUPPRESS},
    Kind.IN_PROGRESS: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.CLOSED: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.OPERATOR_NOTICE: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.OPERATOR_UPDATE: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.ADDRESS_CHANGED: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.REPLY: {},
}


@dataclass(frozen=True, repr=False)
class Letter:
    """What a mail says, before it becomes bytes."""

    subject: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    html: str = ""
    files: list[Attachment] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)


class Composed(NamedTuple):
    """A mail as the outbox stores it; if it has files, the content ends where the first begins."""

    message_id: str
    content: bytes
    files: list[FilePart]


def render_notice(
    kind: OutboundEmail.Kind, ticket: Ticket | None, *, language: str = "", **context: Any
) -> Letter:
    """Render a notice in a language, whatever the language of the operator's request.

    language: by default the desk's. context: what the template needs besides the ticket.
    The first line of a template is the subject; the body comes after an empty line.
    """
    language = language or settings.LANGUAGE_CODE
    title = headers.to_single_line(ticket.title, headers.VALUE_CHARACTERS) if ticket else ""
    with translation.override(language):
        rendered = _template(language, kind).render({"ticket": ticket, "title": title, **context})
    subject, _, text = rendered.partition("\n")
    return Letter(subject, text.strip("\n") + "\n", AUTOMATIC_HEADERS[kind])


@cache
def _template(language: str, kind: OutboundEmail.Kind) -> Any:
    return get_template(f"mailing/{language}/{kind}.txt")


def compose(
    letter: Letter, *, recipient: str, references: list[str], message_id: str = ""
) -> Composed:
    """Return a mail as the outbox stores it, with CRLF line ends.

    references: the conversation's Message-IDs, oldest first; the mail answers the last one.
    message_id: that of a mail which is composed again; by default a new one.
    """
    message_id = message_id or make_msgid(domain=settings.SUPPORT_ADDRESS.rpartition("@")[2])
    header = _header(letter, recipient=recipient, references=references, message_id=message_id)
    content = _text_part("plain", letter.text)
    if letter.html:
        content = _multipart("alternative", [content, _text_part("html", letter.html)])
    files: list[FilePart] = []
    if letter.files:
        boundary = _new_boundary()
        first_part_header, files = file_parts(letter.files, boundary)
        end = f"--{boundary}--\r\n".encode()
        content = _multipart("mixed", [content], boundary).removesuffix(end)
        content += first_part_header.encode("ascii")
    return Composed(message_id, header + content, files)


def _header(letter: Letter, *, recipient: str, references: list[str], message_id: str) -> bytes:
    """Return the fields of a mail but those about its content.

    They are written by hand: the standard library's would decode encoded words with the line
    breaks inside, so that a subject could become a field, raise on unusual addresses and encode
    long Message-IDs. It also takes six times as long.
    """
    support = addresses.format_addr_spec(settings.SUPPORT_ADDRESS)
    fields = {
        "From": support,
        "Reply-To": support,
        "To": addresses.format_addr_spec(recipient),
        "Cc": ",\r\n ".join(map(addresses.format_addr_spec, letter.cc)),
        "Subject": _encode_subject(letter.subject),
        "Date": format_datetime(timezone.now()),
        "Message-ID": message_id,
    }
    if message_ids := [message_id for message_id in references if message_id.isascii()]:
        fields["In-Reply-To"] = message_ids[-1]
        # Each on a line of its own, since a line must not be longer than 998 (RFC 5322, 2.1.1).
        named = [*message_ids[:1], *message_ids[1:][-_REFERENCES:]]
        fields["References"] = "\r\n ".join(named)
    fields |= letter.headers
    fields[LOOP_HEADER] = sign_loop_header(message_id)
    fields["MIME-Version"] = "1.0"
    lines = [f"{name}: {value}\r\n" for name, value in fields.items() if value or name != "Cc"]
    return "".join(lines).encode()  # not ASCII only if the recipient's address is not


def _encode_subject(subject: str) -> str:
    """Encode a subject that is not ASCII or looks as if it were encoded already."""
    text = headers.to_single_line(subject, SUBJECT_CHARACTERS)
    if text.isascii() and "=?" not in text:
        return text
    data, words, start = text.encode(), [], 0
    while start < len(data):
        end = start + _ENCODED_WORD_BYTES
        while end < len(data) and data[end] & 0b1100_0000 == 0b1000_0000:  # within a character
            end -= 1
        words.append(data[start:end])
        start = end
    in_base64 = (base64.b64encode(word).decode() for word in words)
    return "\r\n ".join(f"=?utf-8?b?{word}?=" for word in in_base64)


def _text_part(subtype: str, text: str) -> bytes:
    """Return a part with its header, in 7 bits, so that no relay has a reason to change a byte."""
    lines = text.encode().splitlines()
    data = b"\n".join(lines) + b"\n"
    if data.isascii() and max(map(len, lines), default=0) <= _LINE_CHARACTERS:
        encoding, encoded = "7bit", data
    else:
        in_base64 = base64.encodebytes(data.replace(b"\n", b"\r\n"))
        in_quoted_printable = binascii.b2a_qp(data)
        encoding, encoded = min(
            ("quoted-printable", in_quoted_printable),
            ("base64", in_base64),
            key=lambda way: len(way[1]),
        )
    header = (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return header.encode() + encoded.replace(b"\n", b"\r\n")


def _multipart(subtype: str, parts: list[bytes], boundary: str = "") -> bytes:
    """Return a multipart with its header."""
    boundary = boundary or _new_boundary()
    header = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'
    inner = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return header.encode() + inner + f"--{boundary}--\r\n".encode()


def _new_boundary() -> str:
    return f"=_{uuid4().hex}"  # "=_" is in no encoded text (RFC 2045, 6.7)
