"""Queue mail in the transaction of the change that it tells of."""

from django.conf import settings
from django.utils import timezone

from mailing import composing, outgoing_files, restraint
from mailing.composing import Letter, compose
from mailing.htmlmail import to_html
from mailing.mailboxes import mailbox
from mailing.models import OutboundEmail
from mailing.signals import outbound_queued
from operators.models import Operator
from tickets import services
from tickets.models import HistoryEntry, Message, Ticket

Kind = OutboundEmail.Kind
State = OutboundEmail.State


# The domain of requesters whose mail named no sender (RFC 2606 keeps it from being anybody's).
NOWHERE = "sender.invalid"

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
            suppressed=restraint.why_suppressed(kind, entry),
        )


def queue_opening_notices(entries: list[HistoryEntry]) -> None:
    """Tell the requesters of their new tickets, and the operators where the setting asks for it."""
    operators = _operators_to_tell()
    # All at once: an operator may be the requester of another ticket that opens at this moment.
    restraint.lock_mailboxes([*operators, *(one.ticket.requester.email for one in entries)])
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
            files=outgoing_files.of(message.attachments.select_related("blob")),
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
        "sent_at": row.sent_at.isoformat() if row.sent_at else None,
        "next_attempt_at": row.next_attempt_at.isoformat() if row.next_attempt_at else None,
        "bounce": row.bounce,
    }


def save_progress(row: OutboundEmail) -> None:
    """Store how far a mail got, and show it on the operator's message that it carries."""
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
        suppressed = suppressed or restraint.why_held_back(recipient)
    mail = compose(letter, recipient=recipient, references=conversation(entry.ticket))
    row = OutboundEmail.objects.create(
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
    )
    show_on_message(row)
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
