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
from tickets.files.store import NewFile, attach_files
from tickets.models import Event, HistoryEntry, Message, Requester, Status, Ticket
from tickets.quotes.segments import split_segments
from tickets.signals import ticket_opened
from tickets.transitions import status_after

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
    """

    ticket: Ticket
    content: Content
    origin: Callable[[], dict[str, Any] | None] = lambda: None
    is_reaction: bool = False


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
    numbers = [_take_number(added, now) for added in new]
    _store_tickets([added.ticket for added in new])
    messages = [_message(added, number, now) for added, number in zip(new, numbers, strict=True)]
    insert_rows(messages)
    entries = [_history_entry(added, message) for added, message in zip(new, messages, strict=True)]
    insert_rows(entries)
    attach_files(
        (message, added.content.files) for added, message in zip(new, messages, strict=True)
    )
    if opening := [entry for entry in entries if entry.event == Event.OPENED]:
        ticket_opened.send(sender=Ticket, entries=opening)
    return messages


def _take_number(added: NewMessage, now: datetime) -> int:
    """Count a message in its ticket, and return its number."""
    ticket = added.ticket
    if ticket.pk is None and not ticket.message_count:
        ticket.status = status_after(None, Event.OPENED)
        ticket.created_at = now
    elif not added.is_reaction:
        status_after(Status(ticket.status), Event.WROTE)  # raises for a closed ticket
    ticket.message_count += 1
    ticket.updated_at = now
    return ticket.message_count


def _store_tickets(tickets: Iterable[Ticket]) -> None:
    distinct = {id(ticket): ticket for ticket in tickets}.values()
    known = [ticket for ticket in distinct if ticket.pk is not None]
    insert_rows([ticket for ticket in distinct if ticket.pk is None])
    update_rows(known, ["message_count", "updated_at"])


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


def _history_entry(added: NewMessage, message: Message) -> HistoryEntry:
    is_first, status = message.number == 1, Status(added.ticket.status)
    return HistoryEntry(
        ticket=added.ticket,
        event=Event.OPENED if is_first else Event.WROTE,
        status_before=None if is_first else status,
        status_after=status,
        message=message,
        created_at=message.created_at,
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
