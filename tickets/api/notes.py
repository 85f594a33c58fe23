"""Notes, which operators write to each other in a ticket."""

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from operators.models import Operator
from tickets import notes
from tickets.api.note_serializers import NoteSerializer, NoteTextSerializer, shown_notes
from tickets.api.preconditions import TicketChangeView, if_match
from tickets.models import Ticket
from tickets.note_models import Note


class NoteListView(TicketChangeView, generics.ListAPIView[Note]):
    """List a ticket's notes in the order they were written, and add one."""

    serializer_class = NoteSerializer
    queryset = Note.objects.none()
    keyset_fields = {"date_create": F("created_at")}

    def get_queryset(self) -> QuerySet[Note]:
        """Return the ticket's notes with their authors; raises `Http404`."""
        return shown_notes(get_object_or_404(Ticket, pk=self.kwargs["request_id"]))

    @swagger_auto_schema(request_body=NoteTextSerializer, responses={201: NoteSerializer})
    def post(self, request: Request, request_id: int) -> Response:
        """Add a note, to a closed ticket too; only operators ever see it.

        `@7` in the text tells operator 7 by mail, without the text.
        """
        get_object_or_404(Ticket, pk=request_id)
        serializer = NoteTextSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        note = notes.add_note(
            ticket_id=request_id,
            by=current_operator(request),
            version=if_match(request),
            **serializer.validated_data,
        )
        return Response(NoteSerializer(note).data, status=status.HTTP_201_CREATED)


class NoteView(TicketChangeView):
    """A note, which its author alone edits and deletes."""

    @swagger_auto_schema(
        request_body=NoteTextSerializer,
        responses={200: NoteSerializer, 403: "another operator's note", 409: "it is too old"},
    )
    def patch(self, request: Request, request_id: int, note_id: int) -> Response:
        """Edit your note within 15 minutes; `history` keeps the old text.

        Only operators whom the old text did not mention are told.
        """
        by = current_operator(request)
        _check_author(by, request_id, note_id)
        serializer = NoteTextSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        note = notes.edit_note(
            ticket_id=request_id,
            note_id=note_id,
            by=by,
            version=if_match(request),
            **serializer.validated_data,
        )
        return Response(NoteSerializer(note).data)

    @swagger_auto_schema(responses={204: "deleted", 403: "another operator's note"})
    def delete(self, request: Request, request_id: int, note_id: int) -> Response:
        """Delete your note with its old texts, however old it is."""
        by = current_operator(request)
        _check_author(by, request_id, note_id)
        notes.delete_note(ticket_id=request_id, note_id=note_id, by=by, version=if_match(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _check_author(operator: Operator, request_id: int, note_id: int) -> None:
    """Raise `Http404` for an unknown note, and `PermissionDenied` for another operator's."""
    note = get_object_or_404(Note.objects.only("author"), pk=note_id, ticket=request_id)
    if note.author_id != operator.pk:
        raise PermissionDenied


_NOTES = "requests/user_requests/<int:request_id>/notes/"
urlpatterns = [
    path(_NOTES, NoteListView.as_view(), name="notes"),
    path(f"{_NOTES}<int:note_id>/", NoteView.as_view(), name="note"),
]
