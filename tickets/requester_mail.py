"""Put requesters' mail into tickets, many mails in one transaction.

It takes as many statements for a hundred mails as for one. `tickets.locking` locks the tickets.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from tickets.bulk_rows import insert_rows, update_rows
from tickets.changes import api_timestamp, turn_to_operator
from tickets.files.store import NewFile, attach_files
from tickets.locking import NAME_CHARACTERS, Sender
from tickets.models import Event, HistoryEntry, Message, Participant, Requester, Status, Ticket
from tickets.quotes.segments import split_segments
from tickets.signals import requester_wrote, ticket_opened
from tickets.transitions import Move, status_after


@dataclass(kw_only=True)
class Content:
    """What a requester wrote; its files are stored already."""

    title: str
    text: str
    written_at: datetime
    html: str = ""
    files: Sequence[NewFile] = ()
    # Which characters of the text are new, quoted or signature.
    segments: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.segments = [asdict(segment) for segment in split_segments(self.text)]


@dataclass(kw_only=True)
class NewMessage:
    """A message that is to be stored in a locked ticket, or in a new one that it opens.

    origin: returns why the message is in this ticket, as the API shows it; called when the ticket
    has its number.
    is_reaction: a closed ticket takes it too, and stays closed.
    is_quiet: it is not a person's turn to answer, as with an auto-reply: it wakes nobody.
    participants: whom it adds to the ticket; none of them has been a participant before.
    """

    ticket: Ticket
    content: Content
    writer: Requester
    origin: Callable[[], dict[str, Any] | None] = lambda: None
    is_reaction: bool = False
    is_quiet: bool = False
    participants: Sequence[Sender] = ()

    @property
    def sender_email(self) -> str:
        """The writer's address, "" for the ticket's requester."""
        return "" if self.writer.pk == self.ticket.requester_id else self.writer.email


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of a message in its ticket.

    version: the ticket's with this message.
    woken: until when the ticket was snoozed that this message wakes.
    """

    number: int
    version: int
    woken: datetime | None


def add_messages(new: Sequence[NewMessage]) -> list[Message]:
    """Store messages of requesters in their tickets, in this order, and return them.

    The first message of a new ticket opens it; its requester must be locked and have no open one.
    Raises `NotAllowedInThisStatus` for a closed ticket.
    """
    now = timezone.now()
    places = [_take_place(added, now) for added in new]
    _store_tickets([added.ticket for added in new])
    insert_rows([row for added in new for row in _participants(added)])
    messages = [
        _message(added, place.number, now) for added, place in zip(new, places, strict=True)
    ]
    insert_rows(messages)
    attach_files(
        (message, added.content.files) for added, message in zip(new, messages, strict=True)
    )
    _record_history(new, places, messages)
    return messages


def _take_place(added: NewMessage, now: datetime) -> Place:
    """Count a message in its ticket, whose turn it changes, and return its place."""
    ticket = added.ticket
    if ticket.pk is None and not ticket.message_count:
        ticket.status = status_after(None, Move.OPEN)
        ticket.created_at = now
    else:
        if not added.is_reaction:
            status_after(Status(ticket.status), Move.WRITE)  # raises for a closed ticket
        ticket.version += 1
    ticket.message_count += 1
    ticket.updated_at = now
    is_quiet = added.is_quiet or added.is_reaction
    # An open ticket always waits for somebody, also one that a quiet message opens.
    if not is_quiet or (ticket.waiting_on is None and ticket.status != Status.CLOSED):
        turn_to_operator(ticket, now)
    woken = None if is_quiet else ticket.snoozed_until
    if woken:
        ticket.snoozed_until = None
    return Place(number=ticket.message_count, version=ticket.version, woken=woken)


def _store_tickets(tickets: Iterable[Ticket]) -> None:
    distinct = {id(ticket): ticket for ticket in tickets}.values()
    known = [ticket for ticket in distinct if ticket.pk is not None]
    insert_rows([ticket for ticket in distinct if ticket.pk is None])
    turn = ("waiting_on", "waiting_since", "snoozed_until")
    update_rows(known, ["message_count", "updated_at", "version", *turn])


def _record_history(
    new: Sequence[NewMessage], places: Sequence[Place], messages: Sequence[Message]
) -> None:
    """Store the history of new messages, and send the signals for it."""
    entries: list[HistoryEntry] = []
    opening: list[HistoryEntry] = []
    to_holders: list[HistoryEntry] = []
    for added, place, message in zip(new, places, messages, strict=True):
        entry = _history_entry(added, place, message)
        entries.append(entry)
        if place.woken:
            entries.append(_change(entry, Event.WOKEN, before=api_timestamp(place.woken)))
        entries += [
            _change(entry, Event.PARTICIPANT_ADDED, after=person.email)
            for person in added.participants
        ]
        if entry.event == Event.OPENED:
            opening.append(entry)
        elif added.ticket.operator_id and not (added.is_quiet or added.is_reaction):
            to_holders.append(entry)
    insert_rows(entries)
    if opening:
        ticket_opened.send(sender=Ticket, entries=opening)
    if to_holders:
        requester_wrote.send(sender=Ticket, entries=to_holders)


def _participants(added: NewMessage) -> list[Participant]:
    return [
        Participant(
            ticket=added.ticket,
            email=person.email,
            canonical_email=person.key,
            name=person.name[:NAME_CHARACTERS],
        )
        for person in added.participants
    ]


def _message(added: NewMessage, number: int, now: datetime) -> Message:
    ticket, content = added.ticket, added.content
    return Message(
        ticket=ticket,
        number=number,
        sender_type=Message.SenderType.USER,
        sender_name=added.writer.name,
        sender_email=added.sender_email,
        title=content.title,
        text=content.text,
        html=content.html,
        segments=content.segments,
        written_at=content.written_at,
        created_at=now,
        origin=added.origin(),
        is_quiet=added.is_quiet or added.is_reaction,
    )


def _history_entry(added: NewMessage, place: Place, message: Message) -> HistoryEntry:
    is_first, status = message.number == 1, Status(added.ticket.status)
    return HistoryEntry(
        ticket=added.ticket,
        event=Event.OPENED if is_first else Event.WROTE,
        actor_email=added.sender_email,
        status_before=None if is_first else status,
        status_after=status,
        version=place.version,
        message=message,
        created_at=message.created_at,
    )


def _change(
    wrote: HistoryEntry, event: Event, *, before: str | None = None, after: str | None = None
) -> HistoryEntry:
    """Return the entry for what the message of another entry changes besides."""
    return HistoryEntry(
        ticket=wrote.ticket,
        event=event,
        actor_email=wrote.actor_email,
        status_before=wrote.status_after,
        status_after=wrote.status_after,
        details={"before": before, "after": after},
        version=wrote.version,
        created_at=wrote.created_at,
    )
