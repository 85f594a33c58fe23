"""Queue mail in the transaction of the change that it tells of."""

from datetime import datetime

import structlog
from django.conf import settings
from django.utils import timezone
from structlog.contextvars import get_contextvars

from mailing.mailboxes import mailbox
from mailing.models import OutboundEmail, new_trace
from mailing.outbound import attachments, composing, suppression
from mailing.outbound.composing import Letter, compose
from mailing.outbound.text_to_html import to_html
from mailing.signals import outbound_queued
from operators.models import Operator
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket

log = structlog.get_logger(__name__)

Kind = OutboundEmail.Kind
State = OutboundEmail.State


# The domain of requesters whose mail named no sender (RFC 2606 keeps it from being anybody's).
NOWHERE = "sender.invalid"

_FIRST_NOTES, _LATEST_NOTES = 10, 40
_ANSWERED = (State.SENT, State.DEFERRED, State.UNCERTAIN, State.FAILED)

# What changes of a mail after it was queued; its content never does, and may be large.
PROGRESS = (
    "state",
    "attempts",
    "uncertain_attempts",
    "next_attempt_at",
    "lease_holder",
    "lease_expires_at",
    "smtp_code",
    "smtp_reply",
    "reason",
    "bounce",
    "timeline",
    "taken_at",
    "last_attempt_at",
    "first_attempt_at",
    "sent_at",
)


def queue_notices(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> None:
    """Queue a notice to the requester of each step; one that must not go out is stored too."""
    for entry in entries:
        _queue(
            kind,
            entry,
            recipient=entry.ticket.requester.email,
            letter=composing.notice(kind, entry.ticket),
            suppressed=suppression.why_suppressed(kind, entry),
        )


def queue_opening_notices(entries: list[HistoryEntry]) -> None:
    """Tell the requesters of their new tickets, and the operators where the setting asks for it."""
    operators = _operators_to_tell()
    # All at once: an operator may be the requester of another ticket that opens at this moment.
    suppression.lock_mailboxes([*operators, *(one.ticket.requester.email for one in entries)])
    queue_notices(Kind.CREATED, entries)
    for entry in entries:
        for address in operators:
            if address != entry.ticket.requester.email:
                letter = composing.notice(Kind.OPERATOR_NOTICE, entry.ticket)
                _queue(Kind.OPERATOR_NOTICE, entry, recipient=address, letter=letter)


def queue_replies(entries: list[HistoryEntry]) -> None:
    """Queue the operators' messages themselves."""
    for entry in entries:
        message = entry.message
        assert message is not None  # noqa: S101 - a reply's step has its message
        letter = Letter(
            message.title,
            message.text,
            html=to_html(message.text),
            files=attachments.of(message.attachments.select_related("blob")),
        )
        recipient = entry.ticket.requester.email
        nobody = recipient.endswith(f"@{NOWHERE}")
        suppressed = "the requester's mail named no sender to answer" if nobody else ""
        _queue(Kind.REPLY, entry, recipient=recipient, letter=letter, suppressed=suppressed)


def knows(message_id: str) -> bool:
    """Tell whether a Message-ID is that of a mail of ours."""
    return OutboundEmail.objects.filter(message_id_header=message_id).exists()


def delivery(row: OutboundEmail) -> dict[str, object]:
    """Return how far a mail got, as the message in the API shows it."""
    return {
        "state": row.state,
        "attempts": row.attempts,
        "smtp_code": row.smtp_code,
        "smtp_reply": row.smtp_reply,
        "reason": row.reason,
        "sent_at": told(row.sent_at),
        "next_attempt_at": told(row.next_attempt_at),
        "bounce": row.bounce,
        "timeline": row.timeline,
    }


def told(at: datetime | None) -> str | None:
    """Return a time as everywhere in the API."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def note(row: OutboundEmail, words: str = "") -> None:
    """Add the state that a mail is in now to its timeline; the first ones and the latest stay.

    words: what whoever acted said; the row's reason, or the server's reply, by default. What only
    goes on, as a wait does, is not noted again.
    """
    answered = row.state in _ANSWERED and not words
    entry = {
        "state": row.state,
        "at": told(timezone.now()),
        "attempt": row.attempts,
        "smtp_code": row.smtp_code if answered else None,
        "words": words or row.reason or (row.smtp_reply if answered else ""),
    }
    if row.timeline and {**row.timeline[-1], "at": entry["at"]} == entry:
        return
    latest = row.timeline[_FIRST_NOTES:]
    row.timeline = [*row.timeline[:_FIRST_NOTES], *latest[-_LATEST_NOTES:], entry]


def forget_try(row: OutboundEmail) -> None:
    """Take back from the timeline that a mail was being sent, when nothing of it left us."""
    if row.timeline and row.timeline[-1]["state"] == State.SENDING:
        row.timeline = row.timeline[:-1]


def save_progress(row: OutboundEmail, words: str = "") -> None:
    """Store how far a mail got, and show it on the operator's message that it carries."""
    note(row, words)
    row.save(update_fields=PROGRESS)
    show_on_message(row)


def show_on_message(row: OutboundEmail) -> None:
    """Write how far an operator's message got onto the message."""
    if row.message_id is not None:
        services.record_delivery(message_id=row.message_id, delivery=delivery(row))


def _operators_to_tell() -> list[str]:
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
    suppressed: str = "",
) -> None:
    if kind != Kind.REPLY:
        suppressed = suppressed or suppression.why_held_back(recipient)
    mail = compose(letter, recipient=recipient, references=conversation(entry.ticket))
    row = OutboundEmail(
        kind=kind,
        recipient=recipient,
        mailbox=mailbox(recipient),
        ticket=entry.ticket,
        history_entry=entry,
        message=entry.message if kind == Kind.REPLY else None,
        message_id_header=mail.message_id,
        content=mail.content,
        files=mail.files,
        state=State.SUPPRESSED if suppressed else State.QUEUED,
        reason=suppressed,
        next_attempt_at=None if suppressed else timezone.now(),
        trace=get_contextvars().get("trace") or new_trace(),
    )
    note(row)
    row.save()
    if row.message is not None:
        row.message.delivery = delivery(row)  # `tickets.services.reply` saves it
    log.info("mail_queued", outbound=row.pk, kind=row.kind, state=row.state, trace=row.trace)
    outbound_queued.send(sender=OutboundEmail)


def conversation(ticket: Ticket) -> list[str]:
    """Return the Message-IDs of a ticket's mails, oldest first, the requester's last at the end."""
    theirs = Message.objects.filter(ticket=ticket, sender_type=Message.SenderType.USER)
    received = dict(theirs.values_list("number", "origin__message_id"))
    sent = OutboundEmail.objects.filter(ticket=ticket, kind=Kind.REPLY)
    ours = dict(sent.values_list("message__number", "message_id_header"))
    ids = [known for _number, known in sorted({**received, **ours}.items()) if known]
    answered = [known for _number, known in sorted(received.items()) if known][-1:]
    return [known for known in ids if known not in answered] + answered
