"""Services with which operators change tickets; those for requesters are in `requester_mail`.

Nothing else changes tickets. Against deadlocks rows are locked in one order: the requester, the
ticket, then its files.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from operators.models import Operator
from tickets.files.uploads import attach_uploads, lock_uploads
from tickets.models import Event, HistoryEntry, Message, Status, Ticket
from tickets.quotes.quoting import append_quote
from tickets.quotes.segments import split_segments
from tickets.signals import operator_replied, ticket_closed, ticket_taken
from tickets.transitions import status_after


@transaction.atomic
def take_ticket(*, ticket_id: int, by: Operator) -> Ticket:
    """Give a new ticket to an operator.

    Raises `Http404` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    entry = _change_status(ticket, Event.TAKEN, by=by)
    ticket_taken.send(sender=Ticket, entries=[entry])
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
) -> Message:
    """Store an operator's reply in an open ticket and have it mailed; the holder stays.

    file_ids are uploads of this operator to this ticket. With quote the text ends with the
    requester's last message, so that the stored text is the one that is mailed.

    Raises `Http404`, `NotAllowedInThisStatus` and, for the files, `ValidationError` and
    `FilesTooLarge`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    uploads = lock_uploads(ticket=ticket, by=by, ids=list(file_ids))
    before = Status(ticket.status)
    status_after(before, Event.REPLIED)
    if quote:
        text = _quote_last_message(ticket, below=text)
    message = _append_message(ticket, title=title, text=text, by=by)
    attach_uploads(message, uploads)
    entry = _record_history(ticket, Event.REPLIED, before=before, by=by, message=message)
    operator_replied.send(sender=Ticket, entries=[entry])
    message.save(update_fields=["delivery"])  # set by the signal's receiver
    return message


@transaction.atomic
def close_ticket(*, ticket_id: int, by: Operator) -> Ticket:
    """Close a ticket in progress.

    Raises `Http404` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    entry = _change_status(ticket, Event.CLOSED, by=by)
    ticket_closed.send(sender=Ticket, entries=[entry])
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


def lock_ticket(*, ticket_id: int) -> Ticket:
    """Return the ticket, locked until the transaction ends; raises `Http404`."""
    try:
        return (
            Ticket.objects.select_for_update(of=["self"])
            .select_related("requester", "operator")
            .get(pk=ticket_id)
        )
    except Ticket.DoesNotExist as error:
        raise Http404 from error


def _change_status(ticket: Ticket, event: Event, *, by: Operator) -> HistoryEntry:
    before = Status(ticket.status)
    ticket.status = status_after(before, event)
    if event == Event.TAKEN:
        ticket.operator = by
    ticket.updated_at = timezone.now()
    ticket.save(update_fields=["status", "operator", "updated_at"])
    return _record_history(ticket, event, before=before, by=by)


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


def _append_message(ticket: Ticket, *, title: str, text: str, by: Operator) -> Message:
    ticket.message_count += 1
    ticket.updated_at = timezone.now()
    ticket.save(update_fields=["message_count", "updated_at"])
    return Message.objects.create(
        ticket=ticket,
        number=ticket.message_count,
        sender_type=Message.SenderType.OPERATOR,
        operator=by,
        sender_name=by.name,
        title=title,
        text=text,
        segments=[asdict(segment) for segment in split_segments(text)],
        written_at=ticket.updated_at,
        created_at=ticket.updated_at,
    )


def _record_history(
    ticket: Ticket,
    event: Event,
    *,
    before: Status,
    by: Operator,
    message: Message | None = None,
) -> HistoryEntry:
    return HistoryEntry.objects.create(
        ticket=ticket,
        event=event,
        operator=by,
        status_before=before,
        status_after=ticket.status,
        message=message,
        created_at=timezone.now(),
    )
