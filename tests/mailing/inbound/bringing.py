"""Bring mail through the inbox, and read what it brought about."""

from mailing.models import InboundEmail, OutboundEmail
from operators.models import Operator
from tests.inbox import receive
from tickets import services
from tickets.models import Message, Participant, Ticket

FAILED_CHECK = "mx.google.com; dmarc=fail header.from=example.com; spf=pass; dkim=pass"


def bring(raw: bytes, name: str) -> Message:
    """Bring one mail through the inbox and return its message."""
    receive(raw, prefix=name)
    message = InboundEmail.objects.get(external_id=f"{name}1").message
    assert message is not None
    return message


def people(ticket: Ticket | None = None) -> list[str]:
    rows = Participant.objects.filter(is_removed=False).order_by("pk")
    rows = rows.filter(ticket=ticket) if ticket else rows
    return list(rows.values_list("email", flat=True))


def sent_reply(ticket: Ticket, operator: Operator) -> str:
    reply = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Done.")
    return OutboundEmail.objects.get(message=reply, is_copy=False).message_id_header
