"""Store mails in the outbox, in the transaction of the change that they report."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.utils import timezone
from structlog.contextvars import get_contextvars

from mailing.models import OutboundEmail, new_trace
from mailing.outbound import composing, progress, suppression
from mailing.outbound.composing import Letter
from mailing.outbound.states import State
from mailing.outbound.suppression import UNLIMITED, AutomaticMailLimits
from mailing.signals import outbound_queued
from operators.mailboxes import mailbox
from operators.models import Operator
from tickets.bulk_rows import insert_rows
from tickets.models import Event, HistoryEntry, Message

log = structlog.get_logger(__name__)

Kind = OutboundEmail.Kind


@dataclass(frozen=True, repr=False)
class Outgoing:
    """A mail that is to be queued, or stored as suppressed for a reason.

    entry: the change that it reports; of an operator's update the first one. None if the mail is
    about no ticket.
    operator, events: whom an operator's update tells of which events.
    due_at: when it may be sent; by default now.
    copies: the addresses besides the recipient that get the same mail.
    send_at, inbox_before: as the rows of an answer have them.
    """

    kind: OutboundEmail.Kind
    entry: HistoryEntry | None
    recipient: str
    letter: Letter
    suppressed_because: str = ""
    operator: Operator | None = None
    events: list[dict[str, object]] = field(default_factory=list)
    due_at: datetime | None = None
    copies: Sequence[str] = ()
    send_at: datetime | None = None
    inbox_before: list[int] | None = None


def enqueue(mails: list[Outgoing]) -> list[OutboundEmail]:
    """Store mails in the outbox, each with its copies after it.

    In as many statements for a hundred as for one.
    """
    limits = AutomaticMailLimits(mail.recipient for mail in mails if mail.kind not in UNLIMITED)
    told = [mail.recipient for mail in mails if mail.kind in UNLIMITED and mail.kind != Kind.REPLY]
    unreachable = suppression.find_unreachable(told)
    entries = [mail.entry for mail in mails if mail.entry]
    conversations = read_conversations(entries)
    queued: list[OutboundEmail] = []
    for mail in mails:
        reason = mail.suppressed_because
        if not reason and mail.kind in UNLIMITED:
            reason = unreachable.get(mail.recipient, "")
        elif not reason:
            reason = limits.claim(mail.recipient)
        queued += _rows(
            mail,
            suppressed_because=reason,
            references=conversations.get(mail.entry.ticket_id, []) if mail.entry else [],
            trace=_trace(mail.entry) or get_contextvars().get("trace") or new_trace(),
        )
    insert_rows(queued)
    for outbound in queued:
        log.info(
            "mail_queued",
            outbound=outbound.pk,
            kind=outbound.kind,
            state=outbound.state,
            trace=outbound.trace,
        )
    outbound_queued.send(sender=OutboundEmail)
    return queued


def _rows(
    mail: Outgoing, *, suppressed_because: str, references: list[str], trace: str
) -> Iterator[OutboundEmail]:
    """Yield the row of a mail, then those of its copies, which are the same mail.

    suppressed_because: why its recipient must not get it; the copies go out all the same.
    """
    composed = composing.compose(mail.letter, recipient=mail.recipient, references=references)
    entry = mail.entry
    for recipient in (mail.recipient, *mail.copies):
        is_copy = recipient != mail.recipient
        reason = "" if is_copy else suppressed_because
        outbound = OutboundEmail(
            kind=mail.kind,
            recipient=recipient,
            mailbox=mailbox(recipient),
            ticket=entry.ticket if entry else None,
            history_entry=None if mail.kind == Kind.OPERATOR_UPDATE else entry,
            operator=mail.operator,
            events=mail.events,
            message=entry.message if entry and mail.kind == Kind.REPLY else None,
            is_copy=is_copy,
            send_at=mail.send_at,
            inbox_before=mail.inbox_before,
            message_id_header=composed.message_id,
            content=composed.content,
            files=composed.files,
            state=State.SUPPRESSED if reason else State.QUEUED,
            reason=reason,
            next_attempt_at=None if reason else mail.due_at or timezone.now(),
            trace=trace,
        )
        progress.add_to_timeline(outbound)
        yield outbound


def _trace(entry: HistoryEntry | None) -> str:
    """Return the trace of the received mail that an entry is about, or ""."""
    origin = entry.message.origin if entry and entry.message else None
    return str((origin or {}).get("trace", ""))


def read_conversations(entries: list[HistoryEntry]) -> dict[int, list[str]]:
    """Return the Message-IDs of each entry's ticket, oldest first, by the ticket's number.

    The requester's latest is at the end: every mail program shows a mail that answers it in the
    right place. A ticket that was just opened has only the mail that opened it.
    """
    opening = [entry for entry in entries if entry.event == Event.OPENED]
    conversations = {entry.ticket_id: _opening_mail(entry) for entry in opening}
    if ticket_ids := {entry.ticket_id for entry in entries} - conversations.keys():
        conversations |= _read_from_database(ticket_ids)
    return conversations


def _opening_mail(entry: HistoryEntry) -> list[str]:
    origin = entry.message.origin if entry.message else None
    message_id = (origin or {}).get("message_id")
    return [message_id] if message_id else []


def _read_from_database(ticket_ids: set[int]) -> dict[int, list[str]]:
    received = Message.objects.filter(ticket__in=ticket_ids, sender_type=Message.SenderType.USER)
    replies = OutboundEmail.objects.filter(ticket__in=ticket_ids, kind=Kind.REPLY)
    replies = replies.exclude(state=State.WITHDRAWN)
    names: dict[int, dict[int, str]] = defaultdict(dict)  # by the message's number
    latest: dict[int, str] = {}
    for ticket_id, number, name, participant in received.order_by("number").values_list(
        "ticket_id", "number", "origin__message_id", "sender_email"
    ):
        if name:
            names[ticket_id][number] = name
        if name and not participant:
            latest[ticket_id] = name
    for ticket_id, number, name in replies.values_list(
        "ticket_id", "message__number", "message_id_header"
    ):
        names[ticket_id][number] = name
    return {pk: _in_order(names[pk], latest.get(pk)) for pk in ticket_ids}


def _in_order(names: dict[int, str], latest: str | None) -> list[str]:
    in_order = [name for _number, name in sorted(names.items()) if name != latest]
    return [*in_order, latest] if latest else in_order
