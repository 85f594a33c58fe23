"""Serializers of notes."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from tickets.api.fields import TextField
from tickets.models import Ticket
from tickets.note_models import Note


class OldTextSerializer(serializers.Serializer[Any]):
    """What a note said before an edit, and since when."""

    text = serializers.CharField()
    at = serializers.DateTimeField()


class NoteSerializer(serializers.ModelSerializer[Note]):
    """A note in a ticket."""

    request = serializers.IntegerField(source="ticket_id", read_only=True)
    operator_id = serializers.IntegerField(source="author_id", read_only=True)
    operator_name = serializers.CharField(source="author.name", read_only=True)
    history = OldTextSerializer(many=True, read_only=True)
    date_create = serializers.DateTimeField(source="created_at", read_only=True)
    date_edit = serializers.DateTimeField(source="edited_at", read_only=True, allow_null=True)

    class Meta:
        model = Note
        fields = [
            "id",
            "request",
            "operator_id",
            "operator_name",
            "text",
            "history",
            "date_create",
            "date_edit",
        ]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 3,
                "request": 12,
                "operator_id": 7,
                "operator_name": "Мария",
                "text": "@8 Принтер на гарантии до мая.",
                "history": [{"text": "Принтер на гарантии.", "at": "2026-11-23T09:05:00.100000Z"}],
                "date_create": "2026-11-23T09:05:00.100000Z",
                "date_edit": "2026-11-23T09:06:30.000000Z",
            }
        }


class NoteTextSerializer(serializers.Serializer[Note]):
    """The text of a note."""

    text = TextField(help_text="`@7` in it tells operator 7.")

    class Meta:
        swagger_schema_fields = {"example": {"text": "@8 Принтер на гарантии до мая."}}


def shown_notes(ticket: Ticket) -> QuerySet[Note]:
    """Return a ticket's notes with what `NoteSerializer` shows of them."""
    return Note.objects.filter(ticket=ticket).select_related("author")
