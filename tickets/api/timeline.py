"""The timeline of a ticket: its messages, notes and history in one list."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from tickets.api.message_serializers import shown_messages
from tickets.api.note_serializers import shown_notes
from tickets.api.timeline_entries import TimelineSerializer
from tickets.api.timeline_pages import MergedPagination
from tickets.models import HistoryEntry, Ticket


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
