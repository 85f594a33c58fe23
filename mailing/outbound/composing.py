"""Render outgoing mail: once, when it is queued, so that each attempt sends the same bytes."""

from dataclasses import dataclass, field
from email.header import Header
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime, make_msgid
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from mailing.models import OutboundEmail
from mailing.outbound.attachments import FilePart, file_parts
from mailing.own_mail import LOOP_HEADER, sign_loop_header
from mailing.parsing import addresses, headers
from tickets.models import Attachment, Ticket

Kind = OutboundEmail.Kind

SUBJECT_CHARACTERS = 200
_REFERENCES = 20

# RFC 3834, section 5: an automatic answer to a mail is auto-replied, any other automatic mail is
# auto-generated. X-Auto-Response-Suppress (MS-OXCMAIL 2.2.3.2.14) without DR, NDR and All, since
# bounces are wanted.
_SUPPRESS = {"X-Auto-Response-Suppress": "OOF, AutoReply, RN, NRN"}
AUTOMATIC_HEADERS = {
    Kind.CREATED: {"Auto-Submitted": "auto-replied", **_SUPPRESS},
    Kind.IN_PROGRESS: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.CLOSED: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.OPERATOR_NOTICE: {"Auto-Submitted": "auto-generated", **_SUPPRESS},
    Kind.REPLY: {},
}


class _Literal(UnstructuredHeader):
    """A header whose value is written unchanged, each word on a line of its own.

    The standard library's headers interpret their value: they decode encoded words with the line
    breaks inside, so that a subject could become a header; they raise on unusual addresses, and
    encode long values.
    """

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["decoded"], kwds["parse_tree"] = value, None

    def fold(self, *, policy: EmailPolicy) -> str:
        words = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {words}{policy.linesep}"  # type: ignore[attr-defined]  # BaseHeader's


class _Subject(_Literal):
    """Free text, encoded when it is not ASCII or looks as if it were encoded already."""

    def fold(self, *, policy: EmailPolicy) -> str:
        text = str(self)
        if not text.isascii() or "=?" in text:
            # The standard library's folding loses blanks between encoded words.
            text = Header(text, "utf-8", header_name="Subject").encode(linesep=policy.linesep)
        return f"Subject: {text}{policy.linesep}"


_header_factory = HeaderRegistry()
_header_factory.map_to_type("subject", _Subject)  # type: ignore[arg-type]  # a mix-in, as the library's own headers
for _name in ("to", "in-reply-to", "references", LOOP_HEADER.lower()):
    _header_factory.map_to_type(_name, _Literal)  # type: ignore[arg-type]  # a mix-in, as the library's own headers


@dataclass(frozen=True, repr=False)
class Letter:
    """What a mail says, before it becomes bytes."""

    subject: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    html: str = ""
    files: list[Attachment] = field(default_factory=list)


class Composed(NamedTuple):
    """A mail as the outbox stores it; if it has files, the content ends where the first begins."""

    message_id: str
    content: bytes
    files: list[FilePart]


def render_notice(kind: OutboundEmail.Kind, ticket: Ticket) -> Letter:
    """Render a notice in the desk's language, whatever the language of the operator's request.

    The first line of a template is the subject; the body comes after an empty line.
    """
    with translation.override(settings.LANGUAGE_CODE):
        rendered = render_to_string(
            f"mailing/{settings.LANGUAGE_CODE}/{kind}.txt",
            {
                "ticket": ticket,
                "title": headers.to_single_line(ticket.title, headers.VALUE_CHARACTERS),
            },
        )
    subject, _, text = rendered.partition("\n")
    return Letter(subject, text.strip("\n") + "\n", AUTOMATIC_HEADERS[kind])


def compose(letter: Letter, *, recipient: str, references: list[str]) -> Composed:
    """Return a mail as the outbox stores it, with CRLF line ends.

    references: the conversation's Message-IDs, oldest first; the mail answers the last one.
    """
    domain = settings.SUPPORT_ADDRESS.rpartition("@")[2]
    message_id = make_msgid(domain=domain)
    policy = SMTP if recipient.isascii() else SMTPUTF8
    # In 7 bits, so that a relay without 8BITMIME has no reason to change a byte.
    mail = EmailMessage(policy.clone(cte_type="7bit", header_factory=_header_factory))
    mail["From"] = mail["Reply-To"] = settings.SUPPORT_ADDRESS
    mail["To"] = addresses.format_addr_spec(recipient)
    mail["Subject"] = headers.to_single_line(letter.subject, SUBJECT_CHARACTERS)
    mail["Date"] = format_datetime(timezone.now())
    mail["Message-ID"] = message_id
    if message_ids := [message_id for message_id in references if message_id.isascii()]:
        mail["In-Reply-To"] = message_ids[-1]
        mail["References"] = " ".join([*message_ids[:1], *message_ids[1:][-_REFERENCES:]])
    for name, value in letter.headers.items():
        mail[name] = value
    mail[LOOP_HEADER] = sign_loop_header(message_id)
    mail.set_content(letter.text, charset="utf-8")
    if letter.html:
        mail.add_alternative(letter.html, subtype="html", charset="utf-8")
    if not letter.files:
        return Composed(message_id, mail.as_bytes(), [])
    boundary = f"=_{uuid4().hex}"
    mail.make_mixed(boundary)
    first_part_header, files = file_parts(letter.files, boundary)
    text = mail.as_bytes().removesuffix(f"--{boundary}--\r\n".encode())
    return Composed(message_id, text + first_part_header.encode("ascii"), files)
