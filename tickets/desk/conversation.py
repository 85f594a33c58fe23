"""The conversation of a ticket: its messages, notes and history in order, page by page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.safestring import SafeString

from operators.models import Operator
from tickets.api.message_serializers import shown_messages
from tickets.api.note_serializers import shown_notes
from tickets.api.timeline_pages import rows_before
from tickets.desk.delivery_words import (
    DeliveryGroup,
    DeliveryLine,
    delivery_lines,
    grouped,
    may_send_now,
    may_withdraw,
)
from tickets.desk.files import FileLine, file_lines
from tickets.desk.history_words import event_words
from tickets.desk.message_text import MOST_CHARACTERS, TextPart, note_html, text_parts
from tickets.desk.origin_words import Origin, origin_of
from tickets.desk.people import People
from tickets.models import MESSAGE_EVENTS, Event, HistoryEntry, Message, Ticket
from tickets.note_models import Note
from tickets.notes import EDITABLE_FOR

PAGE_ENTRIES = 30
# From so many on, changes one after the other are folded into one line.
FOLDED_FROM = 3
# What these say is told by the message or the note itself.
_TOLD_ALREADY = {*MESSAGE_EVENTS, Event.NOTE_ADDED, Event.NOTE_EDITED}
# An image or a table stands in the first part of a mail that has any.
_SEARCHED_CHARACTERS = 100_000
# Characters of a line, and lines of each height of a frame (ticket.css).
_LINE, _HEIGHTS = 80, (("small", 9), ("medium", 20), ("large", 45))


@dataclass(frozen=True, repr=False)
class MessageEntry:
    """A message as the page shows it.

    html: "first" where the mail is shown as its HTML, "second" where its text comes first, "" for
    mail without HTML. title: "" where it says nothing new.
    """

    message: Message
    title: str
    name: str
    address: str
    parts: list[TextPart]
    is_cut: bool
    html: str
    height: str
    files: list[FileLine]
    deliveries: list[DeliveryLine]
    groups: list[DeliveryGroup]
    may_withdraw: bool
    may_send: bool
    origin: Origin | None
    template: str = field(default="desk/ticket/message.html", init=False)


@dataclass(frozen=True, repr=False)
class NoteEntry:
    """A note as the page shows it."""

    note: Note
    html: SafeString
    old_texts: list[SafeString]
    is_own: bool
    may_edit: bool
    template: str = field(default="desk/ticket/note.html", init=False)


@dataclass(frozen=True, repr=False)
class EventLine:
    """A change of the ticket, as one sentence."""

    entry: HistoryEntry
    words: str


@dataclass(frozen=True, repr=False)
class EventEntry:
    """Changes of the ticket with nothing between them."""

    events: list[EventLine]
    is_folded: bool
    template: str = field(default="desk/ticket/events.html", init=False)


Entry = MessageEntry | NoteEntry | EventEntry


@dataclass(frozen=True, repr=False)
class Conversation:
    """A page of a ticket's conversation; earlier: the cursor of the one before, "" for none."""

    entries: list[Entry]
    earlier: str


def read_conversation(
    ticket: Ticket, *, before: str, reader: Operator, people: People
) -> Conversation:
    """Return the newest entries of a ticket's conversation, or those before a cursor.

    ticket: with its requester. Raises `ValidationError` for an unknown cursor.
    """
    parts: list[QuerySet[Any]] = [
        _messages(ticket),
        shown_notes(ticket),
        ticket.history.order_by().exclude(event__in=_TOLD_ALREADY),
    ]
    rows, earlier = rows_before(parts, before, size=PAGE_ENTRIES)
    return Conversation(list(_entries(rows, reader, people)), earlier)


def _messages(ticket: Ticket) -> QuerySet[Message]:
    """Return a ticket's messages, and what is in their HTML, which itself is not read.

    Only its beginning is searched, and without case folding: a page of mails of 2 MB would take
    seconds, and programs write lower case.
    """
    has_remote_images = (
        Q(beginning__contains='src="http')
        | Q(beginning__contains="src='http")
        | Q(beginning__contains="src=http")
    )
    is_laid_out = Q(beginning__contains="<img") | Q(beginning__contains="<table")
    messages = shown_messages(ticket).alias(beginning=Left("html", _SEARCHED_CHARACTERS))
    return messages.annotate(
        has_remote_images=ExpressionWrapper(has_remote_images, BooleanField()),
        is_laid_out=ExpressionWrapper(is_laid_out, BooleanField()),
    )


def _entries(rows: Iterable[Any], reader: Operator, people: People) -> Iterable[Entry]:
    for model, group in groupby(rows, key=type):
        if model is HistoryEntry:
            events = [EventLine(row, event_words(row, people)) for row in group]
            yield EventEntry(events, is_folded=len(events) >= FOLDED_FROM)
        elif model is Note:
            yield from (_note(row, reader, people) for row in group)
        else:
            yield from (_message(row, people) for row in group)


def _note(note: Note, reader: Operator, people: People) -> NoteEntry:
    is_own = note.author_id == reader.pk
    return NoteEntry(
        note=note,
        html=note_html(note.text, people.operators),
        old_texts=[note_html(str(old["text"]), people.operators) for old in note.history],
        is_own=is_own,
        may_edit=is_own and timezone.now() - note.created_at < EDITABLE_FOR,
    )


def _message(message: Message, people: People) -> MessageEntry:
    name, address = people.sender(message)
    deliveries = delivery_lines(message, people.requester.email)
    has_html = getattr(message, "has_html", False)
    is_laid_out = getattr(message, "is_laid_out", False) or not message.text.strip()
    return MessageEntry(
        message=message,
        title=_own_title(message),
        name=name,
        address=address,
        parts=text_parts(message),
        is_cut=len(message.text) > MOST_CHARACTERS,
        html=("first" if is_laid_out else "second") if has_html else "",
        height=_height(message.text, has_pictures=is_laid_out),
        files=file_lines(message),
        deliveries=deliveries,
        groups=grouped(deliveries),
        may_withdraw=may_withdraw(deliveries),
        may_send=may_send_now(message),
        origin=origin_of(message, people),
    )


def _own_title(message: Message) -> str:
    """Return a message's title, "" where it is the ticket's behind "Re:" and the like."""
    title = message.title.strip()
    return "" if title.endswith(message.ticket.title.strip()) else title


def _height(text: str, *, has_pictures: bool) -> str:
    """Return the height of the frame that a mail needs, by the lines of its text.

    It holds until frames.js has measured the mail, or where there is no JavaScript.
    """
    lines = sum(1 + len(line) // _LINE for line in text[:MOST_CHARACTERS].splitlines())
    lines += 6 if has_pictures else 0
    return next((name for name, most in _HEIGHTS if lines <= most), "huge")
