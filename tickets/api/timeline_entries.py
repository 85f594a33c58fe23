"""Entries of a timeline: messages, notes and events in one list."""

from functools import cached_property
from typing import Any

from rest_framework import serializers

from tickets.api.message_serializers import MessageSerializer, shown_messages
from tickets.api.note_serializers import NoteSerializer, shown_notes
from tickets.api.serializers import HistoryEntrySerializer
from tickets.models import MESSAGE_EVENTS, Event, HistoryEntry, Message, Ticket
from tickets.note_models import Note

TimelineRow = Message | Note | HistoryEntry

MOST_MISSED = 50
# In which order rows of one moment are shown: before an event comes what it added.
_RANKS = {Message: 0, Note: 1, HistoryEntry: 2}


class TimelineSerializer(serializers.Serializer[Any]):
    """A message, a note or an event, with all fields that it has elsewhere in the API."""

    type = serializers.ChoiceField(["message", "note", "event"])
    at = serializers.DateTimeField(help_text="When it was stored.")

    class Meta:
        swagger_schema_fields = {
            "example": {
                "type": "note",
                "at": "2026-11-23T09:05:00.100000Z",
                **NoteSerializer.Meta.swagger_schema_fields["example"],
            }
        }

    @cached_property
    def _serializers(self) -> dict[Any, tuple[str, serializers.BaseSerializer[Any]]]:
        return {
            Message: ("message", MessageSerializer(context=self.context)),
            Note: ("note", NoteSerializer()),
            HistoryEntry: ("event", HistoryEntrySerializer()),
        }

    def to_representation(self, row: TimelineRow) -> dict[str, Any]:
        """Return the row as its own serializer shows it, below its type and time."""
        name, serializer = self._serializers[row.__class__]
        at = self.fields["at"].to_representation(row.created_at)
        return {"type": name, "at": at, **serializer.to_representation(row)}


def missed_rows(ticket: Ticket, *, since: int, until: int) -> list[TimelineRow]:
    """Return what came into a ticket after one version, up to another; the newest 50, oldest first.

    ticket: with its requester.
    """
    later = ticket.history.filter(version__gt=since, version__lte=until)
    # Each message and each note has an event of its own, so that these are enough.
    entries = list(later.order_by("-created_at", "-pk")[:MOST_MISSED])
    stored = [entry for entry in entries if entry.event in MESSAGE_EVENTS]
    message_ids = [entry.message_id for entry in stored if entry.message_id is not None]
    note_ids = [
        (entry.details or {})["after"] for entry in entries if entry.event == Event.NOTE_ADDED
    ]
    rows: list[TimelineRow] = [
        *shown_messages(ticket).filter(pk__in=message_ids),
        *shown_notes(ticket).filter(pk__in=note_ids),
        *entries,
    ]
    rows.sort(key=lambda row: (row.created_at, _RANKS[row.__class__], row.pk))
    return rows[-MOST_MISSED:]
