"""The notices of a ticket, read back from the outbox."""

from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message as Mail
from typing import Any

from django.utils import timezone

from mailing.models import OutboundEmail
from tests import requester_mail
from tickets.models import Requester, Ticket

Kind = OutboundEmail.Kind
TITLE = "Не печатает <принтер>"


def opened(title: str = TITLE, message_id: str = "<q1@example.com>", **more: Any) -> Ticket:
    """Open a ticket as a mail would."""
    requester = Requester.objects.create(email=more.pop("email", "ivan@example.com"))
    message = requester_mail.open_ticket(
        requester=requester,
        title=title,
        text="text",
        written_at=timezone.now(),
        origin={"message_id": message_id, "kind": "person"},
    )
    return message.ticket


def outgoing(kind: OutboundEmail.Kind) -> Mail:
    """Return the one mail of that kind in the outbox."""
    return message_from_bytes(bytes(OutboundEmail.objects.get(kind=kind).content))


def subject(mail: Mail) -> str:
    """Return a mail's decoded subject."""
    return str(make_header(decode_header(mail["Subject"])))


def text(mail: Mail) -> str:
    """Return a mail's plain text."""
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    payload = plain.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")
