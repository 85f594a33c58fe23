"""Services with which operators take, answer and close tickets.

Those for requesters are in `requester_mail`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from operators.models import Operator
from tickets.changes import Change, lock_ticket, turn_to_requester
from tickets.files.uploads import attach_uploads, lock_uploads
from tickets.models import Draft, Message, Status, Ticket
from tickets.quotes.quoting import append_quote
from tickets.quotes.segments import split_segments
from tickets.signals import operator_replied, ticket_closed, ticket_taken
from tickets.transitions import EVENTS, Move, status_after


@transaction.atomic
def take_ticket(*, ticket_id: int, by: Operator, version: int | None = None) -> Ticket:
    """Give a new ticket to an operator.

    version: which the ticket must have; None for any, here and below.
    Raises `Http404`, `StaleVersion` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    change = Change(ticket, by=by)
    ticket.status = status_after(Status(ticket.status), Move.TAKE)
    ticket.operator = by
    change.record(EVENTS[Move.TAKE], after=by.pk)
    ticket_taken.send(sender=Ticket, entries=change.save("status", "operator"))
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
    version: int | None = None,
) -> Message:
    """Store an operator's reply in an open ticket and have it mailed; the holder stays.

    file_ids are uploads of this operator to this ticket. With quote the text ends with the
    requester's last message, so that the stored text is the one that is mailed.

    Raises `Http404`, `StaleVersion`, `NotAllowedInThisStatus` and, for the files,
    `ValidationError` and `FilesTooLarge`.
    """
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    uploads = lock_uploads(ticket=ticket, by=by, ids=list(file_ids))
    change = Change(ticket, by=by)
    status_after(Status(ticket.status), Move.REPLY)  # raises for a closed ticket
    if quote:
        text = _quote_last_message(ticket, below=text)
    message = _append_message(ticket, title=title, text=text, by=by, at=change.at)
    attach_uploads(message, uploads)
    Draft.objects.filter(ticket=ticket, operator=by).delete()
    turn_to_requester(ticket, change.at)
    change.record(EVENTS[Move.REPLY], message=message)
    operator_replied.send(sender=Ticket, entries=change.save("message_count"))
    message.save(update_fields=["delivery"])  # set by the signal's receiver
    return message


@transaction.atomic
def close_ticket(*, ticket_id: int, by: Operator, version: int | None = None) -> Ticket:
    """Close a ticket in progress.

    Raises `Http404`, `StaleVersion` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    change = Change(ticket, by=by)
    ticket.status = status_after(Status(ticket.status), Move.CLOSE)
    ticket.snoozed_until = None
    change.record(EVENTS[Move.CLOSE])
    ticket_closed.send(sender=Ticket, entries=change.save("status", "snoozed_until"))
    return ticket


@transaction.atomic
def set_needs_attention(*, ticket_id: int, needs_attention: bool) -> Ticket:
    """Set or clear the mark that a mail of the ticket did not arrive.

    Raises `Http404`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    ticket.needs_attention = needs_attention
    ticket.save(update_fields=["needs_attention"])
    return ticket


def record_delivery(*, message_id: int, delivery: dict[str, Any]) -> None:
    """Store the delivery state of an operator's message, as the API shows it."""
    Message.objects.filter(pk=message_id).update(delivery=delivery)


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
        address=ticket.requester.email,
        written_at=last.written_at,
    )


def _append_message(
    ticket: Ticket, *, title: str, text: str, by: Operator, at: datetime
) -> Message:
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
