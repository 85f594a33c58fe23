"""Services with which operators take, hand over, answer, close and reopen tickets.

Those for requesters are in `requester_mail`, and those for a ticket's properties in `properties`.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.http import Http404

from operators.models import Operator
from tickets.changes import (
    Change,
    check_version,
    lock_requesters_and_tickets,
    lock_ticket,
    turn_to_requester,
)
from tickets.exceptions import HasOpenRequest, MergedElsewhere
from tickets.files.uploads import attach_uploads, lock_uploads
from tickets.models import Draft, Event, HistoryEntry, Message, Status, Ticket
from tickets.quotes.quoting import append_quote
from tickets.quotes.segments import split_segments
from tickets.replies import Sending, choose_copies
from tickets.signals import operator_replied, ticket_assigned, ticket_closed, ticket_taken
from tickets.transitions import EVENTS, Move, status_after


@transaction.atomic
def take_ticket(*, ticket_id: int, by: Operator, version: int | None = None) -> Ticket:
    """Give a new ticket to an operator.

    version: which the ticket must have; None for any, here and below.
    Raises `Http404`, `StaleVersion` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    change = Change(ticket, by=by)
    is_first = _take(change, by)
    entries = change.save("status", "operator")
    if is_first:
        ticket_taken.send(sender=Ticket, entries=entries)
    return ticket


@transaction.atomic
def assign_ticket(
    *, ticket_id: int, to: Operator | None, by: Operator, version: int | None = None
) -> Ticket:
    """Give an open ticket to an operator, or with None back, so that nobody holds it.

    Raises `Http404`, `StaleVersion` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    move = Move.GIVE_BACK if to is None else Move.ASSIGN
    status = status_after(Status(ticket.status), move)
    before, after = ticket.operator_id, to.pk if to else None
    if before == after:
        return ticket
    change = Change(ticket, by=by)
    is_first = ticket.status == Status.NEW and not _was_taken(ticket)
    ticket.status, ticket.operator = status, to
    change.record(EVENTS[move], before=before, after=after)
    entries = change.save("status", "operator")
    if is_first:
        ticket_taken.send(sender=Ticket, entries=entries)
    if after not in (None, by.pk):
        ticket_assigned.send(sender=Ticket, entries=entries)
    return ticket


@transaction.atomic
def reply(
    *,
    ticket_id: int,
    by: Operator,
    title: str,
    text: str,
    file_ids: Sequence[int] = (),
    quote: bool = False,
    cc: Collection[str] | None = None,
    send_at: datetime | None = None,
    hold_if_crossed: bool = False,
    take: bool = False,
    close: bool = False,
    version: int | None = None,
) -> Message:
    """Store an operator's reply in an open ticket and have it mailed; by itself the holder stays.

    file_ids: uploads of this operator to this ticket. quote: end the text with the requester's last
    message, so that the stored text is the one that is mailed. cc: addresses of participants who
    get it, too; None for all. take: unless the ticket is the operator's already.
    Raises `Http404`, `StaleVersion`, `NotAllowedInThisStatus` and, for the files and cc,
    `ValidationError` and `FilesTooLarge`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    uploads = lock_uploads(ticket=ticket, by=by, ids=list(file_ids))
    copies = choose_copies(ticket, cc)
    check_version(ticket, version)
    change = Change(ticket, by=by)
    status_after(Status(ticket.status), Move.REPLY)  # raises for a closed ticket
    is_first = take and ticket.operator_id != by.pk and _take(change, by)
    whole = _quote_last_message(ticket, below=text) if quote else text
    message = _append_message(ticket, title=title, text=whole, by=by, at=change.at)
    attach_uploads(message, uploads)
    change.record(EVENTS[Move.REPLY], message=message)
    if close:
        _close(change)
    entries = change.save("message_count", "status", "operator", "snoozed_until")
    sending = Sending(copies=copies, at=send_at, hold_if_crossed=hold_if_crossed)
    _announce_reply(entries, sending, is_first=is_first)
    return message


@transaction.atomic
def close_ticket(*, ticket_id: int, by: Operator, version: int | None = None) -> Ticket:
    """Close a ticket in progress.

    Raises `Http404`, `StaleVersion` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    change = Change(ticket, by=by)
    _close(change)
    ticket_closed.send(sender=Ticket, entries=change.save("status", "snoozed_until"))
    return ticket


@transaction.atomic
def reopen_ticket(*, ticket_id: int, by: Operator, version: int | None = None) -> Ticket:
    """Take a closed ticket into work again; nobody is mailed.

    Raises `Http404`, `StaleVersion`, `NotAllowedInThisStatus`, `MergedElsewhere`, and
    `HasOpenRequest` when its requester has another one.
    """
    # The requester may be opening another ticket at this moment.
    ticket = lock_requesters_and_tickets(ticket_ids=[ticket_id]).get(ticket_id)
    if ticket is None:
        raise Http404
    check_version(ticket, version)
    change = Change(ticket, by=by)
    ticket.status = status_after(Status(ticket.status), Move.REOPEN)
    if ticket.merged_into_id is not None:
        raise MergedElsewhere
    other = Ticket.objects.open().filter(requester=ticket.requester_id).first()
    if other:
        raise HasOpenRequest(other.pk)
    before, ticket.operator = ticket.operator_id, by
    change.record(EVENTS[Move.REOPEN], before=before, after=by.pk)
    change.save("status", "operator")
    return ticket


def _announce_reply(entries: Sequence[HistoryEntry], sending: Sending, *, is_first: bool) -> None:
    """Have a reply mailed, then the notices of what was done with it, which come after it.

    is_first: whether the ticket was taken for the first time.
    """
    by_event = {entry.event: entry for entry in entries}
    replied = by_event[Event.REPLIED]
    operator_replied.send(sender=Ticket, entries=[replied], sendings=[sending])
    assert replied.message is not None  # noqa: S101 - it was stored with the entry
    replied.message.save(update_fields=["delivery", "copies"])  # set by the signal's receiver
    if is_first:
        ticket_taken.send(sender=Ticket, entries=[by_event[Event.TAKEN]])
    if Event.CLOSED in by_event:
        ticket_closed.send(sender=Ticket, entries=[by_event[Event.CLOSED]])


def _take(change: Change, by: Operator) -> bool:
    """Give a new ticket to an operator; return whether it is taken for the first time."""
    ticket = change.ticket
    ticket.status = status_after(Status(ticket.status), Move.TAKE)
    ticket.operator = by
    change.record(EVENTS[Move.TAKE], after=by.pk)
    return not _was_taken(ticket)


def _close(change: Change) -> None:
    ticket = change.ticket
    ticket.status = status_after(Status(ticket.status), Move.CLOSE)
    ticket.snoozed_until = None
    change.record(EVENTS[Move.CLOSE])


def _was_taken(ticket: Ticket) -> bool:
    """Return whether the ticket has been in work before: its requester is told only once."""
    taken = ticket.history.filter(status_before=Status.NEW, status_after=Status.IN_PROGRESS)
    return taken.exists()


def _quote_last_message(ticket: Ticket, *, below: str) -> str:
    """Return the text with the requester's last message quoted below it."""
    theirs = ticket.messages.filter(sender_type=Message.SenderType.USER)
    last = theirs.order_by("number").last()
    if last is None:
        return below
    return append_quote(
        below,
        quoted=last.text,
        name=last.sender_name,
        address=last.sender_email or ticket.requester.email,
        written_at=last.written_at,
    )


def _append_message(
    ticket: Ticket, *, title: str, text: str, by: Operator, at: datetime
) -> Message:
    """Store an operator's message in place of their draft; the requester's turn begins."""
    Draft.objects.filter(ticket=ticket, operator=by).delete()
    turn_to_requester(ticket, at)
    ticket.message_count += 1
    return Message.objects.create(
        ticket=ticket,
        number=ticket.message_count,
        sender_type=Message.SenderType.OPERATOR,
        operator=by,
        sender_name=by.name,
        title=title,
        text=text,
        segments=[asdict(segment) for segment in split_segments(text)],
        written_at=at,
        created_at=at,
    )
