"""Open a ticket for somebody: one that they told of, as on the phone, or a first mail to them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from operators.models import Operator
from tickets.bulk_rows import insert_rows
from tickets.changes import turn_to_operator, turn_to_requester
from tickets.exceptions import HasOpenRequest
from tickets.locking import Sender, lock_requesters, lock_tickets
from tickets.models import HistoryEntry, Message, Priority, Requester, Status, Ticket
from tickets.quotes.segments import split_segments
from tickets.replies import Sending
from tickets.signals import operator_replied, ticket_opened
from tickets.transitions import EVENTS, Move, status_after

_NO_NOTICE = "the operator who entered the request chose no notice"


@dataclass(frozen=True, kw_only=True, repr=False)
class EnteredTicket:
    """A ticket as an operator enters it.

    email, name: whose ticket it is; a name that the desk knows already stays.
    tags: normalized, without doubles.
    """

    email: str
    name: str
    title: str
    text: str
    priority: Priority
    tags: Sequence[str]


@transaction.atomic
def open_for_requester(entered: EnteredTicket, *, by: Operator, notify: bool) -> Ticket:
    """Open a ticket whose first message is the requester's; with notify they get a notice.

    Raises `HasOpenRequest`.
    """
    ticket = _new_ticket(entered)
    turn_to_operator(ticket, ticket.created_at)
    origin = {
        "kind": "person",  # mailing.kinds.MailKind
        "kind_rule": "entered by an operator",
        "operator": by.pk,
        "not_acknowledged": "" if notify else _NO_NOTICE,
    }
    ticket.save()
    message = _first_message(
        ticket,
        sender_type=Message.SenderType.USER,
        sender_name=ticket.requester.name,
        origin=origin,
    )
    opened = _entry(ticket, Move.OPEN, by=by, before=None, message=message)
    insert_rows([opened])
    ticket_opened.send(sender=Ticket, entries=[opened])
    return ticket


@transaction.atomic
def open_with_mail(entered: EnteredTicket, *, by: Operator) -> Ticket:
    """Open a ticket in work whose first message is the operator's, and have it mailed.

    Raises `HasOpenRequest`.
    """
    ticket = _new_ticket(entered)
    ticket.status, ticket.operator = status_after(Status(ticket.status), Move.TAKE), by
    turn_to_requester(ticket, ticket.created_at)
    ticket.save()
    message = _first_message(
        ticket, sender_type=Message.SenderType.OPERATOR, sender_name=by.name, operator=by
    )
    opened = _entry(ticket, Move.OPEN, by=by, before=None)
    taken = _entry(ticket, Move.TAKE, by=by, before=Status.NEW)
    taken.details = {"before": None, "after": by.pk}
    replied = _entry(ticket, Move.REPLY, by=by, before=Status.IN_PROGRESS, message=message)
    insert_rows([opened, taken, replied])
    operator_replied.send(sender=Ticket, entries=[replied], sendings=[Sending()])
    message.save(update_fields=["delivery"])  # set by the signal's receiver
    return ticket


def _new_ticket(entered: EnteredTicket) -> Ticket:
    """Return a new ticket of a requester who is locked and has no open one; it is not saved."""
    requester = _lock_requester_without_open_ticket(entered)
    now = timezone.now()
    return Ticket(
        requester=requester,
        title=entered.title,
        description=entered.text,
        status=status_after(None, Move.OPEN),
        priority=entered.priority,
        tags=list(entered.tags),
        message_count=1,
        created_at=now,
        updated_at=now,
    )


def _lock_requester_without_open_ticket(entered: EnteredTicket) -> Requester:
    sender = Sender(entered.email, entered.name)
    requester = lock_requesters([sender]).by_key[sender.key]
    if numbers := list(lock_tickets([requester])):
        raise HasOpenRequest(numbers[0])
    return requester


def _first_message(ticket: Ticket, **fields: Any) -> Message:
    """Store the text of a saved ticket as its first message."""
    return Message.objects.create(
        ticket=ticket,
        number=1,
        title=ticket.title,
        text=ticket.description,
        segments=[asdict(segment) for segment in split_segments(ticket.description)],
        written_at=ticket.created_at,
        created_at=ticket.created_at,
        **fields,
    )


def _entry(
    ticket: Ticket,
    move: Move,
    *,
    by: Operator,
    before: Status | None,
    message: Message | None = None,
) -> HistoryEntry:
    """Return the entry for a move of a saved ticket from this status."""
    return HistoryEntry(
        ticket=ticket,
        event=EVENTS[move],
        operator=by,
        status_before=before,
        status_after=status_after(before, move),
        version=1,
        message=message,
        created_at=ticket.created_at,
    )
