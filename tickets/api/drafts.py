"""Drafts: the caller's unsent answer, and who else is writing one."""

from django.db.models import F, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets import drafts
from tickets.api.message_serializers import TITLE_CHARACTERS, UploadIdsField
from tickets.api.preconditions import OneTicketView
from tickets.models import Draft, Ticket


class DraftSerializer(serializers.ModelSerializer[Draft]):
    """An unsent answer, which may be unfinished."""

    request = serializers.IntegerField(source="ticket_id", read_only=True)
    operator_id = serializers.IntegerField(read_only=True)
    title = serializers.CharField(
        default="", allow_blank=True, max_length=TITLE_CHARACTERS, trim_whitespace=False
    )
    text = serializers.CharField(
        default="", allow_blank=True, max_length=100_000, trim_whitespace=False
    )
    files = UploadIdsField()
    since = serializers.DateTimeField(source="created_at", read_only=True)
    date_update = serializers.DateTimeField(source="updated_at", read_only=True)

    class Meta:
        model = Draft
        fields = ["request", "operator_id", "title", "text", "files", "since", "date_update"]
        swagger_schema_fields = {
            "example": {
                "request": 12,
                "operator_id": 7,
                "title": "Re: Не печатает принтер",
                "text": "Добрый день! Проверьте",
                "files": [5],
                "since": "2026-11-23T09:03:00.000000Z",
                "date_update": "2026-11-23T09:04:02.000000Z",
            }
        }


class WriterSerializer(serializers.ModelSerializer[Draft]):
    """Who is writing an answer, and since when."""

    operator_id = serializers.IntegerField(read_only=True)
    since = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Draft
        fields = ["operator_id", "since"]
        swagger_schema_fields = {
            "example": {"operator_id": 8, "since": "2026-11-23T09:03:00.000000Z"}
        }


class DraftView(OneTicketView):
    """The caller's unsent answer in a ticket."""

    @swagger_auto_schema(responses={200: DraftSerializer, 404: "no such request, or no draft"})
    def get(self, request: Request, request_id: int) -> Response:
        """Show your unsent answer."""
        by = current_operator(request)
        draft = get_object_or_404(Draft, ticket=request_id, operator=by)
        return Response(DraftSerializer(draft).data)

    @swagger_auto_schema(
        request_body=DraftSerializer,
        responses={200: DraftSerializer, 413: "more files than a message takes"},
    )
    def put(self, request: Request, request_id: int) -> Response:
        """Keep your unsent answer in place of the last one, until you send one.

        What the body leaves out is empty. `files` are uploads of yours to this request; they are
        kept as long as the draft.
        """
        get_object_or_404(Ticket, pk=request_id)
        serializer = DraftSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        draft = drafts.save_draft(
            ticket_id=request_id,
            by=current_operator(request),
            title=serializer.validated_data["title"],
            text=serializer.validated_data["text"],
            file_ids=serializer.validated_data["files"],
        )
        return Response(DraftSerializer(draft).data)

    @swagger_auto_schema(responses={204: "deleted", 404: "no such request, or no draft"})
    def delete(self, request: Request, request_id: int) -> Response:
        """Drop your unsent answer."""
        if not drafts.delete_draft(ticket_id=request_id, by=current_operator(request)):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class WriterListView(generics.ListAPIView[Draft]):
    """List the other operators who are writing an answer, without their text."""

    serializer_class = WriterSerializer
    queryset = Draft.objects.none()
    keyset_fields = {"since": F("created_at")}

    def get_queryset(self) -> QuerySet[Draft]:
        """Return the drafts of other active operators in the ticket; raises `Http404`."""
        ticket = get_object_or_404(Ticket, pk=self.kwargs["request_id"])
        others = Draft.objects.filter(ticket=ticket, operator__is_active=True)
        return others.exclude(operator=current_operator(self.request))


_TICKET = "requests/user_requests/<int:request_id>"
urlpatterns = [
    path(f"{_TICKET}/draft/", DraftView.as_view(), name="draft"),
    path(f"{_TICKET}/drafts/", WriterListView.as_view(), name="drafts"),
]
