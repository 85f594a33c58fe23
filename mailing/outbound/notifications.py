"""Queue outgoing mail in the transaction of the change that it reports."""

import structlog
from django.conf import settings
from django.utils import timezone
from structlog.contextvars import get_contextvars

from mailing import own_mail
from mailing.mailboxes import mailbox
from mailing.models import OutboundEmail, new_trace
from mailing.outbound import composing, progress, suppression
from mailing.outbound.composing import Letter
from mailing.outbound.states import State
from mailing.outbound.text_to_html import to_html
from mailing.signals import outbound_queued
from operators.models import Operator
from tickets.models import HistoryEntry, Message, Ticket

log = structlog.get_logger(__name__)

Kind = OutboundEmail.Kind


def queue_notices(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> None:
    """Queue a notice to the requester for each history entry.

    A notice that must not be sent is stored too, as suppressed.
    """
    for entry in entries:
        _queue(
            kind,
            entry,
            recipient=entry.ticket.requester.email,
            letter=composing.render_notice(kind, entry.ticket),
            suppressed_because=suppression.reason_to_suppress(kind, entry),
        )


def queue_opening_notices(entries: list[HistoryEntry]) -> None:
    """Notify the requesters of their new tickets, and the operators if NOTIFY_OPERATORS is set."""
    operators = _operator_addresses()
    # In one call, since an operator may be the requester of another ticket that opens now.
    suppression.lock_mailboxes([*operators, *(entry.ticket.requester.email for entry in entries)])
    queue_notices(Kind.CREATED, entries)
    for entry in entries:
        for address in operators:
            if address != entry.ticket.requester.email:
                letter = composing.render_notice(Kind.OPERATOR_NOTICE, entry.ticket)
                _queue(Kind.OPERATOR_NOTICE, entry, recipient=address, letter=letter)


def queue_replies(entries: list[HistoryEntry]) -> None:
    """Queue the mails that carry operators' messages, and set the messages' `delivery`."""
    for entry in entries:
        message = entry.message
        assert message is not None  # noqa: S101 - the entry of a reply has its message
        letter = Letter(
            message.title,
            message.text,
            html=to_html(message.text),
            files=list(message.attachments.select_related("blob").order_by("position")),
        )
        recipient = entry.ticket.requester.email
        outbound = _queue(
            Kind.REPLY,
            entry,
            recipient=recipient,
            letter=letter,
            suppressed_because="the requester's mail named no sender to answer"
            if own_mail.is_unknown_sender(recipient)
            else "",
        )
        message.delivery = progress.delivery(outbound)


def _operator_addresses() -> list[str]:
    if not settings.NOTIFY_OPERATORS:
        return []
    operators = Operator.objects.filter(is_active=True).exclude(email="")
    return sorted({address.lower() for address in operators.values_list("email", flat=True)})


def _queue(
    kind: OutboundEmail.Kind,
    entry: HistoryEntry,
    *,
    recipient: str,
    letter: Letter,
    suppressed_because: str = "",
) -> OutboundEmail:
    if kind != Kind.REPLY:
        suppressed_because = suppressed_because or suppression.reason_to_suppress_mailbox(recipient)
    mail = composing.compose(
        letter, recipient=recipient, references=_conversation_message_ids(entry.ticket)
    )
    outbound = OutboundEmail(
        kind=kind,
        recipient=recipient,
        mailbox=mailbox(recipient),
        ticket=entry.ticket,
        history_entry=entry,
        message=entry.message if kind == Kind.REPLY else None,
        message_id_header=mail.message_id,
        content=mail.content,
        files=mail.files,
        state=State.SUPPRESSED if suppressed_because else State.QUEUED,
        reason=suppressed_because,
        next_attempt_at=None if suppressed_because else timezone.now(),
        trace=get_contextvars().get("trace") or new_trace(),
    )
    progress.add_to_timeline(outbound)
    outbound.save()
    log.info(
        "mail_queued",
        outbound=outbound.pk,
        kind=outbound.kind,
        state=outbound.state,
        trace=outbound.trace,
    )
    outbound_queued.send(sender=OutboundEmail)
    return outbound


def _conversation_message_ids(ticket: Ticket) -> list[str]:
    """Return the Message-IDs of a ticket's mails, oldest first, the requester's latest at the end.

    Every mail program shows a mail that answers the last of them in the right place.
    """
    theirs = Message.objects.filter(ticket=ticket, sender_type=Message.SenderType.USER)
    received = dict(theirs.values_list("number", "origin__message_id"))
    replies = OutboundEmail.objects.filter(ticket=ticket, kind=Kind.REPLY)
    sent = dict(replies.values_list("message__number", "message_id_header"))
    in_order = [message_id for _number, message_id in sorted({**received, **sent}.items())]
    message_ids = [message_id for message_id in in_order if message_id]
    latest = [message_id for _number, message_id in sorted(received.items()) if message_id][-1:]
    return [message_id for message_id in message_ids if message_id not in latest] + latest
