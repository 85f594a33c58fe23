"""Queue outgoing mail in the transaction of the change that it reports."""

from collections import defaultdict
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.utils import timezone
from structlog.contextvars import get_contextvars

from mailing import own_mail
from mailing.models import InboundEmail, OutboundEmail, new_trace
from mailing.outbound import composing, progress, suppression
from mailing.outbound.composing import Letter
from mailing.outbound.states import State
from mailing.outbound.suppression import AutomaticMailLimits
from mailing.outbound.text_to_html import to_html
from mailing.signals import outbound_queued
from operators.mailboxes import mailbox
from operators.models import Operator
from tickets.bulk_rows import insert_rows
from tickets.models import Event, HistoryEntry, Message

log = structlog.get_logger(__name__)

Kind = OutboundEmail.Kind


@dataclass(frozen=True, repr=False)
class Outgoing:
    """A mail that is to be queued, or stored as suppressed for a reason."""

    kind: OutboundEmail.Kind
    entry: HistoryEntry
    recipient: str
    letter: Letter
    suppressed_because: str = ""


def queue_notices(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> None:
    """Queue a notice to the requester for each history entry.

    A notice that must not be sent is stored too, as suppressed.
    """
    _queue(_notices(kind, entries))


def queue_opening_notices(entries: list[HistoryEntry]) -> None:
    """Notify the requesters of their new tickets, and the operators if NOTIFY_OPERATORS is set."""
    to_operators = [
        Outgoing(
            Kind.OPERATOR_NOTICE,
            entry,
            address,
            composing.render_notice(Kind.OPERATOR_NOTICE, entry.ticket),
        )
        for address in _operator_addresses()
        for entry in entries
        if address != entry.ticket.requester.email
    ]
    _queue([*_notices(Kind.CREATED, entries), *to_operators])


def queue_replies(entries: list[HistoryEntry]) -> None:
    """Queue the mails that carry operators' messages, and set the messages' `delivery`."""
    queued = _queue([_reply(entry) for entry in entries])
    for entry, outbound in zip(entries, queued, strict=True):
        assert entry.message is not None  # noqa: S101 - the entry of a reply has its message
        entry.message.delivery = progress.delivery(outbound)


def _notices(kind: OutboundEmail.Kind, entries: list[HistoryEntry]) -> list[Outgoing]:
    reasons = suppression.reasons_to_suppress(kind, entries)
    return [
        Outgoing(
            kind,
            entry,
            entry.ticket.requester.email,
            composing.render_notice(kind, entry.ticket),
            reason,
        )
        for entry, reason in zip(entries, reasons, strict=True)
    ]


def _reply(entry: HistoryEntry) -> Outgoing:
    message, recipient = entry.message, entry.ticket.requester.email
    assert message is not None  # noqa: S101 - the entry of a reply has its message
    letter = Letter(
        message.title,
        message.text,
        html=to_html(message.text),
        files=list(message.attachments.select_related("blob").order_by("position")),
    )
    is_unknown = own_mail.is_unknown_sender(recipient)
    reason = "the requester's mail named no sender to answer" if is_unknown else ""
    return Outgoing(Kind.REPLY, entry, recipient, letter, reason)


def _operator_addresses() -> list[str]:
    if not settings.NOTIFY_OPERATORS:
        return []
    operators = Operator.objects.filter(is_active=True).exclude(email="")
    return sorted(address.lower() for address in operators.values_list("email", flat=True))


def _queue(mails: list[Outgoing]) -> list[OutboundEmail]:
    """Store mails in the outbox, in as many statements for a hundred as for one."""
    limits = AutomaticMailLimits(mail.recipient for mail in mails if mail.kind != Kind.REPLY)
    entries = [mail.entry for mail in mails]
    conversations = _conversations(entries)
    traces = _traces(entries)
    queued = []
    for mail in mails:
        reason = mail.suppressed_because
        if mail.kind != Kind.REPLY and not reason:
            reason = limits.claim(mail.recipient)
        queued.append(
            _outbound(
                mail,
                suppressed_because=reason,
                references=conversations.get(mail.entry.ticket_id, []),
                trace=traces.get(mail.entry.pk) or get_contextvars().get("trace") or new_trace(),
            )
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


def _outbound(
    mail: Outgoing, *, suppressed_because: str, references: list[str], trace: str
) -> OutboundEmail:
    composed = composing.compose(mail.letter, recipient=mail.recipient, references=references)
    outbound = OutboundEmail(
        kind=mail.kind,
        recipient=mail.recipient,
        mailbox=mailbox(mail.recipient),
        ticket=mail.entry.ticket,
        history_entry=mail.entry,
        message=mail.entry.message if mail.kind == Kind.REPLY else None,
        message_id_header=composed.message_id,
        content=composed.content,
        files=composed.files,
        state=State.SUPPRESSED if suppressed_because else State.QUEUED,
        reason=suppressed_because,
        next_attempt_at=None if suppressed_because else timezone.now(),
        trace=trace,
    )
    progress.add_to_timeline(outbound)
    return outbound


def _traces(entries: list[HistoryEntry]) -> dict[int, str]:
    """Return the traces of the received mails that the entries are about, by the entries' ids."""
    origins = {entry.pk: entry.message.origin or {} for entry in entries if entry.message}
    inbound_ids = {pk: origin["inbox"] for pk, origin in origins.items() if "inbox" in origin}
    rows = InboundEmail.objects.filter(pk__in=inbound_ids.values())
    traces = dict(rows.values_list("pk", "trace")) if inbound_ids else {}
    return {pk: traces[inbound] for pk, inbound in inbound_ids.items() if inbound in traces}


def _conversations(entries: list[HistoryEntry]) -> dict[int, list[str]]:
    """Return the Message-IDs of each entry's ticket, oldest first, by the ticket's number.

    The requester's latest is at the end: every mail program shows a mail that answers it in the
    right place. A ticket that was just opened has only the mail that opened it.
    """
    opening = [entry for entry in entries if entry.event == Event.OPENED]
    conversations = {entry.ticket_id: _opening_mail(entry) for entry in opening}
    if ticket_ids := {entry.ticket_id for entry in entries} - conversations.keys():
        conversations |= _read_conversations(ticket_ids)
    return conversations


def _opening_mail(entry: HistoryEntry) -> list[str]:
    origin = entry.message.origin if entry.message else None
    message_id = (origin or {}).get("message_id")
    return [message_id] if message_id else []


def _read_conversations(ticket_ids: set[int]) -> dict[int, list[str]]:
    theirs = Message.objects.filter(ticket__in=ticket_ids, sender_type=Message.SenderType.USER)
    replies = OutboundEmail.objects.filter(ticket__in=ticket_ids, kind=Kind.REPLY)
    received: dict[int, dict[int, str | None]] = defaultdict(dict)
    sent: dict[int, dict[int, str]] = defaultdict(dict)
    for ticket_id, number, name in theirs.values_list("ticket_id", "number", "origin__message_id"):
        received[ticket_id][number] = name
    for ticket_id, number, name in replies.values_list(
        "ticket_id", "message__number", "message_id_header"
    ):
        sent[ticket_id][number] = name
    return {pk: _in_order(received[pk], sent[pk]) for pk in ticket_ids}


def _in_order(received: dict[int, str | None], sent: dict[int, str]) -> list[str]:
    latest = [name for _number, name in sorted(received.items()) if name][-1:]
    in_order = [name for _number, name in sorted({**received, **sent}.items()) if name]
    return [name for name in in_order if name not in latest] + latest
