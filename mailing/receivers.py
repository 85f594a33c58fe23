"""Queue the mail that follows from a change of a ticket, in the change's transaction."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext

from mailing.classification.machine_senders import is_no_reply_address, is_program_address
from mailing.models import OutboundEmail
from mailing.outbound import notifications
from tickets.models import HistoryEntry, Ticket
from tickets.signals import (
    operator_replied,
    participant_proposed,
    ticket_closed,
    ticket_opened,
    ticket_taken,
)

Kind = OutboundEmail.Kind


@receiver(ticket_opened, sender=Ticket, dispatch_uid="mailing.ticket_opened")
def on_ticket_opened(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Queue "received" to the requesters, and notices to the operators."""
    notifications.queue_opening_notices(entries)


@receiver(ticket_taken, sender=Ticket, dispatch_uid="mailing.ticket_taken")
def on_ticket_taken(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Queue "taken into work" to the requesters."""
    notifications.queue_notices(Kind.IN_PROGRESS, entries)


@receiver(operator_replied, sender=Ticket, dispatch_uid="mailing.operator_replied")
def on_operator_replied(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Queue the operators' messages to the requesters."""
    notifications.queue_replies(entries)


@receiver(ticket_closed, sender=Ticket, dispatch_uid="mailing.ticket_closed")
def on_ticket_closed(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Queue "closed" to the requesters."""
    notifications.queue_notices(Kind.CLOSED, entries)


@receiver(participant_proposed, sender=Ticket, dispatch_uid="mailing.participant_proposed")
def on_participant_proposed(address: str, **kwargs: Any) -> str:
    """Refuse the address of a machine as a participant's."""
    is_machine = is_no_reply_address(address) or is_program_address(address)
    return gettext("This address is a machine's, which reads no mail.") if is_machine else ""
