"""Services that put requesters' mail into tickets, many mails in one transaction.

Everything takes as many statements for a hundred mails as for one. Against deadlocks rows are
locked in one order: the requesters, their tickets, each by their numbers.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tickets.bulk_update import update_rows
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
    """A message that is to be stored in a locked ticket, or in one that was just opened.

    origin: why the message is in this ticket, as the API shows it.
    is_reaction: a closed ticket takes it too, and stays closed.
    """

    ticket: Ticket
    content: Content
    origin: dict[str, Any] | None = None
    is_reaction: bool = False


def lock_requesters(senders: Iterable[Sender]) -> dict[str, Requester]:
    """Return the senders' requesters by `Sender.key`, created if new, locked until the commit."""
    by_key: dict[str, Sender] = {}
    for sender in senders:
        by_key.setdefault(sender.key, sender)
        if sender.name and not by_key[sender.key].name:
            by_key[sender.key] = sender
    locked = _lock_known(by_key.values())
    if new := [by_key[key] for key in sorted(by_key.keys() - locked.keys())]:
        Requester.objects.bulk_create(
            [
                Requester(
                    email=sender.email.lower(),
                    canonical_email=sender.key,
                    name=sender.name[:_NAME_CHARACTERS],
                )
                for sender in new
            ],
            ignore_conflicts=True,  # another transaction may just have created one of them
        )
        locked |= _lock_known(new)
    nameless = [key for key, requester in locked.items() if by_key[key].name and not requester.name]
    for key in nameless:
        locked[key].name = by_key[key].name[:_NAME_CHARACTERS]
    update_rows([locked[key] for key in nameless], ["name"])
    return locked


def lock_open_tickets(requesters: Iterable[Requester]) -> dict[int, Ticket]:
    """Return the open tickets of locked requesters, locked too, by the requesters' numbers."""
    ids = [requester.pk for requester in requesters]
    rows = Ticket.objects.select_for_update(of=["self"]).select_related("requester").open()
    return {ticket.requester_id: ticket for ticket in rows.filter(requester__in=ids).order_by("pk")}


def lock_tickets(ids: Collection[int]) -> dict[int, Ticket]:
    """Return the tickets with these numbers, locked, by their numbers."""
    rows = Ticket.objects.select_for_update(of=["self"]).select_related("requester")
    return {ticket.pk: ticket for ticket in rows.filter(pk__in=ids).order_by("pk")} if ids else {}


def find_last_tickets(requesters: Iterable[Requester]) -> dict[int, Ticket]:
    """Return the latest ticket of each requester who has one, by the requester's number."""
    ids = [requester.pk for requester in requesters]
    rows = Ticket.objects.filter(requester__in=ids).defer("title", "description")
    latest = rows.order_by("requester_id", "-pk").distinct("requester_id")
    return {ticket.requester_id: ticket for ticket in latest}


def open_tickets(tickets: Sequence[Ticket]) -> None:
    """Store new tickets of locked requesters without an open one.

    The caller adds the first message of each in the same transaction, by `add_messages`.
    """
    now = timezone.now()
    for ticket in tickets:
        ticket.status = status_after(None, Event.OPENED)
        ticket.created_at = ticket.updated_at = now
    Ticket.objects.bulk_create(tickets)


def add_messages(new: Sequence[NewMessage]) -> list[Message]:
    """Store messages of requesters in their tickets, in this order, and return them.

    The first message of a ticket opens it. Raises `NotAllowedInThisStatus` for a closed ticket.
    """
    now = timezone.now()
    messages = [_number_message(added, now) for added in new]
    entries = [_history_entry(added, message) for added, message in zip(new, messages, strict=True)]
    tickets = {message.ticket_id: message.ticket for message in messages}
    update_rows(list(tickets.values()), ["message_count", "updated_at"])
    Message.objects.bulk_create(messages)
    attach_files(
        (message, added.content.files) for added, message in zip(new, messages, strict=True)
    )
    HistoryEntry.objects.bulk_create(entries)
    if opening := [entry for entry in entries if entry.event == Event.OPENED]:
        ticket_opened.send(sender=Ticket, entries=opening)
    return messages


def _number_message(added: NewMessage, now: datetime) -> Message:
    ticket, content = added.ticket, added.content
    ticket.message_count += 1
    ticket.updated_at = now
    return Message(
        ticket=ticket,
        number=ticket.message_count,
        sender_type=Message.SenderType.USER,
        sender_name=ticket.requester.name,
        title=content.title,
        text=content.text,
        html=content.html,
        segments=content.segments,
        written_at=content.written_at,
        created_at=now,
        origin=added.origin,
    )


def _history_entry(added: NewMessage, message: Message) -> HistoryEntry:
    ticket = added.ticket
    is_first = message.number == 1
    status = Status(ticket.status)
    if not is_first and not added.is_reaction:
        status_after(status, Event.WROTE)  # raises for a closed ticket
    return HistoryEntry(
        ticket=ticket,
        event=Event.OPENED if is_first else Event.WROTE,
        status_before=None if is_first else status,
        status_after=status,
        message=message,
        created_at=message.created_at,
    )


def _lock_known(senders: Iterable[Sender]) -> dict[str, Requester]:
    """Lock the requesters that exist, by `Sender.key`; one with the very address comes first."""
    keys = {sender.email.lower(): sender.key for sender in senders}
    rows = Requester.objects.select_for_update().order_by("pk")
    found = list(rows.filter(Q(email__in=keys) | Q(canonical_email__in=keys.values())))
    by_email = {requester.email: requester for requester in found}
    by_canonical = {requester.canonical_email: requester for requester in found}
    locked = {key: by_email.get(email) or by_canonical.get(key) for email, key in keys.items()}
    return {key: requester for key, requester in locked.items() if requester}
