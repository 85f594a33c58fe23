"""The only way a ticket changes. Everyone locks requester, then ticket, then inserts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from operators.models import Operator
from tickets.files import uploads
from tickets.files.store import NewFile, attach
from tickets.models import Event, HistoryEntry, Message, Requester, Status, Ticket
from tickets.quotes.quoting import with_quote
from tickets.quotes.segments import split
from tickets.signals import operator_replied, ticket_closed, ticket_opened, ticket_taken
from tickets.transitions import status_after


def lock_requester(*, email: str, name: str) -> Requester:
    """Return the requester of this address, made if new, locked until the transaction ends."""
    email = email.lower()
    Requester.objects.get_or_create(email=email, defaults={"name": name[:255]})
    requester = Requester.objects.select_for_update().get(email=email)
    if name and not requester.name:
        requester.name = name[:255]
        requester.save(update_fields=["name"])
    return requester


def lock_open_ticket(*, requester: Requester) -> Ticket | None:
    """Return the locked requester's open ticket, locked too, or None."""
    return (
        Ticket.objects.select_for_update(of=["self"])
        .select_related("requester")
        .filter(requester=requester)
        .open()
        .first()
    )


@transaction.atomic
def open_ticket(
    *,
    requester: Requester,
    title: str,
    text: str,
    written_at: datetime,
    html: str = "",
    files: Sequence[NewFile] = (),
    previous: Ticket | None = None,
    origin: dict[str, Any] | None = None,
) -> Message:
    """Open a ticket with its first message for a locked requester who has none open."""
    now = timezone.now()
    ticket = Ticket.objects.create(
        requester=requester,
        title=title,
        description=text,
        status=status_after(None, Event.OPENED),
        previous=previous,
        created_at=now,
        updated_at=now,
    )
    message = _append(
        ticket, title=title, text=text, html=html, written_at=written_at, origin=origin
    )
    attach(message, files)
    entry = _record(ticket, Event.OPENED, before=None, message=message)
    ticket_opened.send(sender=Ticket, entries=[entry])
    return message


@transaction.atomic
def add_message(
    *,
    ticket: Ticket,
    title: str,
    text: str,
    written_at: datetime,
    html: str = "",
    files: Sequence[NewFile] = (),
    origin: dict[str, Any] | None = None,
) -> Message:
    """Add a further message of the requester to the locked open ticket."""
    before = Status(ticket.status)
    status_after(before, Event.WROTE)
    message = _append(
        ticket, title=title, text=text, html=html, written_at=written_at, origin=origin
    )
    attach(message, files)
    _record(ticket, Event.WROTE, before=before, message=message)
    return message


@transaction.atomic
def take_ticket(*, ticket_id: int, by: Operator) -> Ticket:
    """Give a new ticket to an operator.

    Raises `Http404` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    entry = _move(ticket, Event.TAKEN, by=by)
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
    """Store an operator's message in an open ticket; who holds the ticket does not change.

    file_ids are uploads of this operator to this ticket. With quote the text ends with the
    requester's last message, so that the conversation shows what was sent.

    Raises `Http404`, `NotAllowedInThisStatus` and, for the files, `ValidationError` and
    `FilesTooLarge`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    rows = uploads.locked(ticket=ticket, by=by, ids=list(file_ids))
    before = Status(ticket.status)
    status_after(before, Event.REPLIED)
    if quote:
        theirs = ticket.messages.filter(sender_type=Message.SenderType.USER)
        text = with_quote(text, theirs.order_by("number").last())
    message = _append(ticket, title=title, text=text, written_at=timezone.now(), by=by)
    uploads.send_with(message=message, rows=rows)
    entry = _record(ticket, Event.REPLIED, before=before, by=by, message=message)
    operator_replied.send(sender=Ticket, entries=[entry])
    message.save(update_fields=["delivery"])
    return message


@transaction.atomic
def close_ticket(*, ticket_id: int, by: Operator) -> Ticket:
    """Close a ticket in progress.

    Raises `Http404` and `NotAllowedInThisStatus`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    entry = _move(ticket, Event.CLOSED, by=by)
    ticket_closed.send(sender=Ticket, entries=[entry])
    return ticket


@transaction.atomic
def set_needs_attention(*, ticket_id: int, needs_attention: bool) -> Ticket:
    """Mark that a mail of the ticket did not arrive, or that an operator has seen to it.

    Raises `Http404`.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    ticket.needs_attention = needs_attention
    ticket.save(update_fields=["needs_attention"])
    return ticket


def record_delivery(*, message_id: int, delivery: dict[str, Any]) -> None:
    """Keep how far an operator's message has travelled."""
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


def _move(ticket: Ticket, event: Event, *, by: Operator) -> HistoryEntry:
    before = Status(ticket.status)
    ticket.status = status_after(before, event)
    if event == Event.TAKEN:
        ticket.operator = by
    ticket.updated_at = timezone.now()
    ticket.save(update_fields=["status", "operator", "updated_at"])
    return _record(ticket, event, before=before, by=by)


def _append(
    ticket: Ticket,
    *,
    title: str,
    text: str,
    written_at: datetime,
    html: str = "",
    by: Operator | None = None,
    origin: dict[str, Any] | None = None,
) -> Message:
    ticket.message_count += 1
    ticket.updated_at = timezone.now()
    ticket.save(update_fields=["message_count", "updated_at"])
    return Message.objects.create(
        ticket=ticket,
        number=ticket.message_count,
        sender_type=Message.SenderType.OPERATOR if by else Message.SenderType.USER,
        operator=by,
        sender_name=by.name if by else ticket.requester.name,
        title=title,
        text=text,
        html=html,
        segments=[asdict(segment) for segment in split(text)],
        written_at=written_at,
        created_at=ticket.updated_at,
        origin=origin,
    )


def _record(
    ticket: Ticket,
    event: Event,
    *,
    before: Status | None,
    by: Operator | None = None,
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
