"""Services that put requesters' mail into tickets, many mails in one transaction.

Everything takes as many statements for a hundred mails as for one. Against deadlocks rows are
locked in one order: the requesters, their tickets, each by their numbers.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tickets.bulk_rows import insert_rows, update_rows
from tickets.changes import api_timestamp, turn_to_operator
from tickets.files.store import NewFile, attach_files
from tickets.models import Event, HistoryEntry, Message, Requester, Status, Ticket
from tickets.quotes.segments import split_segments
from tickets.signals import requester_wrote, ticket_opened
from tickets.transitions import Move, status_after

_NAME_CHARACTERS = 255


@dataclass(frozen=True)
class Sender:
    """A requester as a mail names them.

    canonical_email: the one spelling of the address by which a requester is found who used another
    one; by default the address itself.
    """

    email: str
    name: str = ""
    canonical_email: str = ""

    @property
    def key(self) -> str:
        """What two spellings of one requester have in common."""
        return self.canonical_email or self.email.lower()


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
    """

    ticket: Ticket
    content: Content
    origin: Callable[[], dict[str, Any] | None] = lambda: None
    is_reaction: bool = False
    is_quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of a message in its ticket.

    version: the ticket's with this message.
    woken: until when the ticket was snoozed that this message wakes.
    """

    number: int
    version: int
    woken: datetime | None


@dataclass(frozen=True, repr=False)
class LockedRequesters:
    """The requesters of some mails, locked until the commit.

    by_key: all, by `Sender.key`.
    known: those that existed before, and so may have tickets.
    """

    by_key: dict[str, Requester]
    known: list[Requester]


def lock_requesters(senders: Iterable[Sender]) -> LockedRequesters:
    """Return the senders' requesters, created if new, locked until the commit."""
    by_key: dict[str, Sender] = {}
    for sender in senders:
        by_key.setdefault(sender.key, sender)
        if sender.name and not by_key[sender.key].name:
            by_key[sender.key] = sender
    known = _lock_known(by_key.values())
    created: dict[str, Requester] = {}
    if new := [by_key[key] for key in sorted(by_key.keys() - known.keys())]:
        created = _create(new)
        # Another transaction has just created the others.
        if others := [sender for sender in new if sender.key not in created]:
            known |= _lock_known(others)
    nameless = [key for key, requester in known.items() if by_key[key].name and not requester.name]
    for key in nameless:
        known[key].name = by_key[key].name[:_NAME_CHARACTERS]
    update_rows([known[key] for key in nameless], ["name"])
    return LockedRequesters(by_key=known | created, known=list(known.values()))


def lock_open_tickets(requesters: Collection[Requester]) -> dict[int, Ticket]:
    """Return the open tickets of locked requesters, locked too, by the requesters' numbers."""
    if not requesters:
        return {}
    ids = [requester.pk for requester in requesters]
    rows = Ticket.objects.select_for_update(of=["self"]).select_related("requester").open()
    return {ticket.requester_id: ticket for ticket in rows.filter(requester__in=ids).order_by("pk")}


def lock_tickets(ids: Collection[int]) -> dict[int, Ticket]:
    """Return the tickets with these numbers, locked, by their numbers."""
    rows = Ticket.objects.select_for_update(of=["self"]).select_related("requester")
    return {ticket.pk: ticket for ticket in rows.filter(pk__in=ids).order_by("pk")} if ids else {}


def find_last_tickets(requesters: Collection[Requester]) -> dict[int, Ticket]:
    """Return the latest ticket of each requester who has one, by the requester's number."""
    if not requesters:
        return {}
    ids = [requester.pk for requester in requesters]
    rows = Ticket.objects.filter(requester__in=ids).defer("title", "description")
    latest = rows.order_by("requester_id", "-pk").distinct("requester_id")
    return {ticket.requester_id: ticket for ticket in latest}


def add_messages(new: Sequence[NewMessage]) -> list[Message]:
    """Store messages of requesters in their tickets, in this order, and return them.

    The first message of a new ticket opens it; its requester must be locked and have no open one.
    Raises `NotAllowedInThisStatus` for a closed ticket.
    """
    now = timezone.now()
    places = [_take_place(added, now) for added in new]
    _store_tickets([added.ticket for added in new])
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
            entries.append(_waking(entry, place.woken))
        if entry.event == Event.OPENED:
            opening.append(entry)
        elif added.ticket.operator_id and not (added.is_quiet or added.is_reaction):
            to_holders.append(entry)
    insert_rows(entries)
    if opening:
        ticket_opened.send(sender=Ticket, entries=opening)
    if to_holders:
        requester_wrote.send(sender=Ticket, entries=to_holders)


def _message(added: NewMessage, number: int, now: datetime) -> Message:
    ticket, content = added.ticket, added.content
    return Message(
        ticket=ticket,
        number=number,
        sender_type=Message.SenderType.USER,
        sender_name=ticket.requester.name,
        title=content.title,
        text=content.text,
        html=content.html,
        segments=content.segments,
        written_at=content.written_at,
        created_at=now,
        origin=added.origin(),
    )


def _history_entry(added: NewMessage, place: Place, message: Message) -> HistoryEntry:
    is_first, status = message.number == 1, Status(added.ticket.status)
    return HistoryEntry(
        ticket=added.ticket,
        event=Event.OPENED if is_first else Event.WROTE,
        status_before=None if is_first else status,
        status_after=status,
        version=place.version,
        message=message,
        created_at=message.created_at,
    )


def _waking(wrote: HistoryEntry, until: datetime) -> HistoryEntry:
    """Return the entry for the waking of a ticket by the message of another entry."""
    return HistoryEntry(
        ticket=wrote.ticket,
        event=Event.WOKEN,
        status_before=wrote.status_after,
        status_after=wrote.status_after,
        details={"before": api_timestamp(until), "after": None},
        version=wrote.version,
        created_at=wrote.created_at,
    )


def _create(senders: Iterable[Sender]) -> dict[str, Requester]:
    """Create requesters, and return them by `Sender.key`, without those that exist by now."""
    rows = [
        (sender.email.lower(), sender.key, sender.name[:_NAME_CHARACTERS]) for sender in senders
    ]
    lines = ", ".join(["(%s, %s, %s, now())"] * len(rows))
    created = Requester.objects.raw(
        "INSERT INTO tickets_requester (email, canonical_email, name, created_at)"  # noqa: S608
        f" VALUES {lines} ON CONFLICT DO NOTHING RETURNING *",
        [value for row in rows for value in row],
    )
    return {str(requester.canonical_email): requester for requester in created}


def _lock_known(senders: Iterable[Sender]) -> dict[str, Requester]:
    """Lock the requesters that exist, by `Sender.key`; one with the very address comes first."""
    keys = {sender.email.lower(): sender.key for sender in senders}
    rows = Requester.objects.select_for_update().order_by("pk")
    found = list(rows.filter(Q(email__in=keys) | Q(canonical_email__in=keys.values())))
    by_email = {requester.email: requester for requester in found}
    by_canonical = {requester.canonical_email: requester for requester in found}
    locked = {key: by_email.get(email) or by_canonical.get(key) for email, key in keys.items()}
    return {key: requester for key, requester in locked.items() if requester}
