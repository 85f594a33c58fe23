"""An operator's answer: to whom and when it is mailed, and how it is held, sent or taken back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Func, JSONField, Value
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from operators.mailboxes import canonical_address
from operators.models import Operator
from tickets.bulk_rows import insert_rows, update_rows
from tickets.changes import Change, check_version, lock_ticket, turn_back
from tickets.exceptions import NotAnAnswer
from tickets.models import Event, HistoryEntry, Message, Participant, Ticket
from tickets.signals import reply_held, reply_released, reply_withdrawn


@dataclass(frozen=True, kw_only=True, repr=False)
class Sending:
    """How an answer is mailed.

    copies: the participants who get it besides the requester.
    at: when; None for at once.
    hold_if_crossed: not before somebody has looked again, if the requester writes before it leaves.
    """

    copies: Sequence[Participant] = ()
    at: datetime | None = None
    hold_if_crossed: bool = False


def choose_copies(ticket: Ticket, cc: Collection[str] | None) -> list[Participant]:
    """Return the participants of a ticket with these addresses; None stands for all of them.

    Raises `ValidationError` for the address of nobody who takes part.
    """
    present = ticket.participants.filter(is_removed=False).order_by("pk")
    if cc is None:
        return list(present)
    by_address = {participant.canonical_email: participant for participant in present}
    wanted = {canonical_address(address): address for address in cc}
    if unknown := [wanted[address] for address in wanted if address not in by_address]:
        message = _("No participants of this request: %(addresses)s.")
        raise ValidationError({"cc": [message % {"addresses": ", ".join(unknown)}]})
    return [by_address[address] for address in wanted]


@transaction.atomic
def withdraw_reply(
    *, ticket_id: int, message_id: int, by: Operator, version: int | None = None
) -> Message:
    """Take back what has not left of an operator's message, which stays in the ticket.

    version: which the ticket must have; None for any, here and below.
    Raises `Http404`, `StaleVersion`, `NotAnAnswer`, and a conflict if all of it has left.
    """
    message, change = _lock_answer(ticket_id, message_id, by, version)
    change.record(Event.REPLY_WITHDRAWN, before=_state(message), after="withdrawn", message=message)
    reply_withdrawn.send(sender=Ticket, entries=change.save())
    message.refresh_from_db(fields=["delivery", "copies"])  # set by the signal's receiver
    turn_back(change.ticket)
    return message


@transaction.atomic
def send_reply_now(
    *, ticket_id: int, message_id: int, by: Operator, version: int | None = None
) -> Message:
    """Send an operator's message at once that is held or scheduled.

    Raises `Http404`, `StaleVersion`, `NotAnAnswer`, and a conflict if it is neither.
    """
    message, change = _lock_answer(ticket_id, message_id, by, version)
    change.record(Event.REPLY_RELEASED, before=_state(message), after="queued", message=message)
    reply_released.send(sender=Ticket, entries=change.save())
    message.refresh_from_db(fields=["delivery", "copies"])  # set by the signal's receiver
    return message


def record_held(held: Iterable[tuple[Message, Message]]) -> None:
    """Write into the history of locked tickets which messages crossed which answers.

    A message that came into the answer's ticket has made a version of it already.
    """
    now = timezone.now()
    tickets: dict[int, Ticket] = {}
    entries = []
    for answer, crossing in held:
        is_there = answer.ticket_id == crossing.ticket_id
        ticket = crossing.ticket if is_there else tickets.get(answer.ticket_id, answer.ticket)
        if not is_there and ticket.pk not in tickets:
            tickets[ticket.pk] = ticket
            ticket.version += 1
            ticket.updated_at = now
        entries.append(
            HistoryEntry(
                ticket=ticket,
                event=Event.REPLY_HELD,
                is_system=True,
                status_before=ticket.status,
                status_after=ticket.status,
                details={"before": None, "after": crossing.pk},
                version=ticket.version,
                message=answer,
                created_at=now,
            )
        )
    update_rows(list(tickets.values()), ["version", "updated_at"])
    insert_rows(entries)
    if entries:
        reply_held.send(sender=Ticket, entries=entries)


def record_delivery(*, message_id: int, recipient: str, delivery: dict[str, Any]) -> None:
    """Store how far a mail of an operator's message has got, as the API shows it.

    recipient: of a copy; "" for the mail to the requester.
    """
    messages = Message.objects.filter(pk=message_id)
    if not recipient:
        messages.update(delivery=delivery)
        return
    new = Value({recipient: delivery}, JSONField())
    merged = Func(
        F("copies"), new, template="%(expressions)s", arg_joiner=" || ", output_field=JSONField()
    )
    messages.update(copies=merged)  # by one statement, since two copies may be sent at once


def pending_replies(ticket: Ticket) -> list[int]:
    """Return the ids of a ticket's messages that are scheduled or held."""
    answers = ticket.messages.filter(sender_type=Message.SenderType.OPERATOR)
    shown = answers.order_by("number").values_list("pk", "delivery", "copies")
    return [
        pk
        for pk, delivery, copies in shown
        if any(map(_is_pending, [delivery or {}, *copies.values()]))
    ]


def _is_pending(delivery: dict[str, Any]) -> bool:
    is_scheduled = delivery.get("state") == "queued" and delivery.get("send_at")
    return bool(is_scheduled) or delivery.get("state") == "held"


def _lock_answer(
    ticket_id: int, message_id: int, by: Operator, version: int | None
) -> tuple[Message, Change]:
    ticket = lock_ticket(ticket_id=ticket_id)
    message = get_object_or_404(ticket.messages, pk=message_id)
    check_version(ticket, version)
    if message.sender_type != Message.SenderType.OPERATOR:
        raise NotAnAnswer
    return message, Change(ticket, by=by)


def _state(message: Message) -> str | None:
    return (message.delivery or {}).get("state")
