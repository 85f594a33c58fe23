"""The people in copy of a ticket."""

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets import participants
from tickets.api.fields import AddressField
from tickets.api.preconditions import TicketChangeView, if_match
from tickets.api.serializers import ParticipantSerializer
from tickets.models import Participant, Ticket


class NewParticipantSerializer(serializers.Serializer[Participant]):
    """Whom to add."""

    email = AddressField()

    class Meta:
        swagger_schema_fields = {"example": {"email": "petr@example.com"}}


class ParticipantListView(TicketChangeView, generics.ListAPIView[Participant]):
    """List the people in copy of a ticket, besides its requester."""

    serializer_class = ParticipantSerializer
    queryset = Participant.objects.none()
    keyset_fields = {"id": F("pk")}

    def get_queryset(self) -> QuerySet[Participant]:
        """Return the ticket's participants; raises `Http404`."""
        ticket = get_object_or_404(Ticket, pk=self.kwargs["request_id"])
        return Participant.objects.filter(ticket=ticket, is_removed=False)

    @swagger_auto_schema(
        operation_id="requests_user_requests_participants_add",
        request_body=NewParticipantSerializer,
        responses={
            200: ParticipantSerializer,
            201: ParticipantSerializer,
            409: "the request has 20 already",
        },
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Add somebody; 200 for somebody who is there already.

        They get the operators' messages, and what they answer comes into this request. Somebody who
        was removed is added again.
        """
        get_object_or_404(Ticket, pk=request_id)
        serializer = NewParticipantSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        participant, is_new = participants.add_participant(
            ticket_id=request_id,
            by=current_operator(request),
            version=if_match(request),
            **serializer.validated_data,
        )
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ParticipantSerializer(participant).data, status=code)


class ParticipantView(TicketChangeView):
    """Remove somebody from a ticket."""

    @swagger_auto_schema(
        operation_id="requests_user_requests_participants_remove", responses={204: ""}
    )
    def delete(self, request: Request, request_id: int, participant_id: int) -> Response:
        """Remove somebody; they stay removed when the requester has them in copy again."""
        participants.remove_participant(
            ticket_id=request_id,
            participant_id=participant_id,
            by=current_operator(request),
            version=if_match(request),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns = [
    path(
        "requests/user_requests/<int:request_id>/participants/",
        ParticipantListView.as_view(),
        name="participants",
    ),
    path(
        "requests/user_requests/<int:request_id>/participants/<int:participant_id>/",
        ParticipantView.as_view(),
        name="participant",
    ),
]
