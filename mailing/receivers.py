"""Queue the mail that follows from a change of a ticket or operator, in the transaction of it."""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext

from mailing.classification.machine_senders import is_machine_address
from mailing.models import OutboundEmail
from mailing.outbound import answers, notifications, telling
from mailing.outbound.telling import Telling
from mailing.queueing.locks import lock_names_until_commit
from operators.mailboxes import mailbox
from operators.models import Notice, Operator
from operators.signals import operator_email_changed
from tickets.models import HistoryEntry, Ticket
from tickets.replies import Sending
from tickets.signals import (
    operator_mentioned,
    operator_replied,
    participant_proposed,
    reply_held,
    reply_released,
    reply_withdrawn,
    requester_wrote,
    ticket_assigned,
    ticket_closed,
    ticket_opened,
    ticket_taken,
    tickets_locked,
)

Kind = OutboundEmail.Kind


@receiver(tickets_locked, sender=Ticket, dispatch_uid="mailing.tickets_locked")
def on_tickets_locked(tickets: list[Ticket], **kwargs: Any) -> None:
    """Lock the requesters' mailboxes at once, since queueing the notices would one by one."""
    lock_names_until_commit(mailbox(ticket.requester.email) for ticket in tickets)


@receiver(ticket_opened, sender=Ticket, dispatch_uid="mailing.ticket_opened")
def on_ticket_opened(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Queue "received" to the requesters, and notices to the operators."""
    notifications.queue_opening_notices(entries)


@receiver(ticket_taken, sender=Ticket, dispatch_uid="mailing.ticket_taken")
def on_ticket_taken(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Queue "taken into work" to the requesters."""
    notifications.queue_notices(Kind.IN_PROGRESS, entries)


@receiver(operator_replied, sender=Ticket, dispatch_uid="mailing.operator_replied")
def on_operator_replied(
    entries: list[HistoryEntry], sendings: list[Sending], **kwargs: Any
) -> None:
    """Queue the operators' messages to the requesters, and their copies."""
    answers.queue_answers(entries, sendings)


@receiver(reply_withdrawn, sender=Ticket, dispatch_uid="mailing.reply_withdrawn")
def on_reply_withdrawn(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Take back the mails that carry the messages."""
    for entry in entries:
        answers.withdraw(entry)


@receiver(reply_released, sender=Ticket, dispatch_uid="mailing.reply_released")
def on_reply_released(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Send the messages that are held or scheduled."""
    for entry in entries:
        answers.send_now(entry)


@receiver(reply_held, sender=Ticket, dispatch_uid="mailing.reply_held")
def on_reply_held(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Tell the holders of the answers that are held."""
    telling.tell_holders(Notice.DELIVERY, entries)


@receiver(ticket_closed, sender=Ticket, dispatch_uid="mailing.ticket_closed")
def on_ticket_closed(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Queue "closed" to the requesters."""
    notifications.queue_notices(Kind.CLOSED, entries)


@receiver(requester_wrote, sender=Ticket, dispatch_uid="mailing.requester_wrote")
def on_requester_wrote(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Tell the holders of further messages."""
    telling.tell_holders(Notice.MESSAGE, entries)


@receiver(ticket_assigned, sender=Ticket, dispatch_uid="mailing.ticket_assigned")
def on_ticket_assigned(entries: list[HistoryEntry], **kwargs: Any) -> None:
    """Tell the new holders of what was handed over to them."""
    telling.tell_holders(Notice.ASSIGNED, entries)


@receiver(operator_mentioned, sender=Ticket, dispatch_uid="mailing.operator_mentioned")
def on_operator_mentioned(
    entries: list[HistoryEntry], operators: list[list[Operator]], **kwargs: Any
) -> None:
    """Tell the operators whom notes mention."""
    telling.tell(
        Telling(operator, entry, Notice.MENTION)
        for entry, mentioned in zip(entries, operators, strict=True)
        for operator in mentioned
    )


@receiver(operator_email_changed, sender=Operator, dispatch_uid="mailing.operator_email_changed")
def on_operator_email_changed(operator: Operator, old: str, **kwargs: Any) -> None:
    """Tell the address that an operator had that another one took its place."""
    telling.tell_old_address(operator, old)


@receiver(participant_proposed, sender=Ticket, dispatch_uid="mailing.participant_proposed")
def on_participant_proposed(address: str, **kwargs: Any) -> str:
    """Refuse the address of a machine as a participant's."""
    if is_machine_address(address):
        return gettext("This address is a machine's, which reads no mail.")
    return ""
