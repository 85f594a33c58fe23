"""The timeline of a ticket: its messages, notes and history in one list."""

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tickets.api.message_serializers import MessageSerializer
from tickets.api.messages import shown_messages
from tickets.api.notes import NoteSerializer, shown_notes
from tickets.api.serializers import HistoryEntrySerializer
from tickets.api.timeline_pages import MergedPagination
from tickets.models import HistoryEntry, Message, Ticket
from tickets.note_models import Note

TimelineRow = Message | Note | HistoryEntry


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


class TimelineView(generics.ListAPIView[Any]):
    """Show what happened in a ticket."""

    serializer_class = TimelineSerializer
    pagination_class = MergedPagination
    queryset = HistoryEntry.objects.none()

    def merged_parts(self) -> list[QuerySet[Any]]:
        """Return the ticket's messages, notes and history; raises `Http404`.

        A message comes before the event that it is, and so does a note.
        """
        tickets = Ticket.objects.select_related("requester")
        ticket = get_object_or_404(tickets, pk=self.kwargs["request_id"])
        return [shown_messages(ticket), shown_notes(ticket), ticket.history.order_by()]

    @swagger_auto_schema(responses={404: "no such thing"})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show messages, notes and events of a ticket in one list, oldest first.

        `type` is `message`, `note` or `event`; each entry has the fields that the message, the
        note or the entry of the history has elsewhere. Every event is there, also that of a
        message or a note, which comes right before it. Deleted notes are not.
        """
        return super().get(request, *args, **kwargs)


urlpatterns = [
    path(
        "requests/user_requests/<int:request_id>/timeline/",
        TimelineView.as_view(),
        name="timeline",
    ),
]
