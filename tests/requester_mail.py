"""Put a requester's mail into a ticket, one mail at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from tickets import locking, requester_mail
from tickets.files.store import NewFile
from tickets.locking import Sender
from tickets.models import Message, Requester, Ticket
from tickets.requester_mail import Content, NewMessage


def lock_requester(*, email: str, name: str = "") -> Requester:
    """Return one requester, created if new, locked until the transaction ends."""
    sender = Sender(email, name)
    return locking.lock_requesters([sender]).by_key[sender.key]


def lock_open_ticket(*, requester: Requester) -> Ticket | None:
    """Return a requester's open ticket, locked, or None."""
    return next(iter(locking.lock_tickets([requester]).values()), None)


@transaction.atomic
def open_ticket(
    *,
    requester: Requester,
    title: str = "",
    text: str = "",
    previous: Ticket | None = None,
    **content: Any,
) -> Message:
    """Open a ticket with its first message."""
    ticket = Ticket(requester=requester, title=title, description=text, previous=previous)
    return add_message(ticket=ticket, title=title, text=text, **content)


@transaction.atomic
def add_message(
    *,
    ticket: Ticket,
    title: str = "",
    text: str = "",
    written_at: datetime | None = None,
    html: str = "",
    files: Sequence[NewFile] = (),
    origin: dict[str, Any] | None = None,
) -> Message:
    """Add a message to a locked ticket."""
    content = Content(
        title=title, text=text, html=html, files=files, written_at=written_at or timezone.now()
    )
    new = NewMessage(ticket=ticket, content=content, writer=ticket.requester, origin=lambda: origin)
    (message,) = requester_mail.add_messages([new])
    return message
