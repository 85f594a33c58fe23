"""Add, edit and delete notes, and find out whom a note mentions.

A note's text goes into its own row only: not into the history, and not into a signal.
"""

import re
from datetime import timedelta

from django.db import transaction
from django.shortcuts import get_object_or_404

from operators.models import MAX_OPERATOR_ID, Operator
from tickets.changes import Change, api_timestamp, check_version, lock_ticket
from tickets.exceptions import NoteIsOld
from tickets.models import Event, HistoryEntry, Ticket
from tickets.note_models import Note
from tickets.signals import operator_mentioned

EDITABLE_FOR = timedelta(minutes=15)
# An operator's id, but no part of an address such as ivan@7.example.
MENTION = re.compile(r"(?<!\w)@([1-9][0-9]{0,9})(?!\w)")


@transaction.atomic
def add_note(*, ticket_id: int, by: Operator, text: str, version: int | None = None) -> Note:
    """Add a note to a ticket of any status, and have the mentioned operators told.

    version: which the ticket must have; None for any, here and below.
    Raises `Http404` and `StaleVersion`.
    """
    ticket = lock_ticket(ticket_id=ticket_id, version=version)
    change = Change(ticket, by=by)
    note = Note.objects.create(ticket=ticket, author=by, text=text, created_at=change.at)
    change.record(Event.NOTE_ADDED, after=note.pk)
    _tell_mentioned(change.save(), _mentioned(text), by=by)
    return note


@transaction.atomic
def edit_note(
    *, ticket_id: int, note_id: int, by: Operator, text: str, version: int | None = None
) -> Note:
    """Replace the text of an own note, which keeps the old one in its history.

    Only operators whom the old text did not mention are told. The same text changes nothing.
    Raises `Http404`, `StaleVersion`, and `NoteIsOld` 15 minutes after it was written.
    """
    ticket = lock_ticket(ticket_id=ticket_id)
    note = get_object_or_404(Note.objects.select_related("author"), pk=note_id, ticket=ticket)
    check_version(ticket, version)
    change = Change(ticket, by=by)
    if change.at - note.created_at > EDITABLE_FOR:
        raise NoteIsOld
    if text == note.text:
        return note
    mentioned = _mentioned(text) - _mentioned(note.text)
    note.history.append({"text": note.text, "at": api_timestamp(note.edited_at or note.created_at)})
    note.text, note.edited_at = text, change.at
    note.save(update_fields=["text", "edited_at", "history"])
    change.record(Event.NOTE_EDITED, after=note.pk)
    _tell_mentioned(change.save(), mentioned, by=by)
    return note


@transaction.atomic
def delete_note(*, ticket_id: int, note_id: int, by: Operator, version: int | None = None) -> None:
    """Delete an own note with its old texts; raises `Http404` and `StaleVersion`."""
    ticket = lock_ticket(ticket_id=ticket_id)
    note = get_object_or_404(Note, pk=note_id, ticket=ticket)
    check_version(ticket, version)
    change = Change(ticket, by=by)
    change.record(Event.NOTE_DELETED, after=note.pk)
    change.save()
    note.delete()


def _mentioned(text: str) -> set[int]:
    return {int(written) for written in MENTION.findall(text)}


def _tell_mentioned(entries: list[HistoryEntry], mentioned: set[int], *, by: Operator) -> None:
    """Send the signal for those of the ids that are other operators'."""
    ids = {pk for pk in mentioned if pk <= MAX_OPERATOR_ID} - {by.pk}
    operators = list(Operator.objects.filter(pk__in=ids).order_by("pk")) if ids else []
    if operators:
        operator_mentioned.send(sender=Ticket, entries=entries, operators=[operators])
