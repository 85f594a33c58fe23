"""Merge a ticket into another one, and undo it."""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets import merging
from tickets.api.answers import ticket_answer
from tickets.api.fields import IdField
from tickets.api.preconditions import TicketChangeView, if_match
from tickets.api.serializers import EndedTicketSerializer, TicketSerializer
from tickets.models import Ticket


class MergeSerializer(serializers.Serializer[Ticket]):
    """Into which ticket."""

    into = IdField(help_text="The number of another requester's open request.")

    class Meta:
        swagger_schema_fields = {"example": {"into": 12}}


class MergeView(TicketChangeView):
    """Merge a ticket into another one."""

    @swagger_auto_schema(
        request_body=MergeSerializer,
        responses={
            200: EndedTicketSerializer,
            404: "there is no such request, or none to merge into",
            409: "one of the two is not open, or has others merged into it",
        },
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Merge an open request into another requester's.

        It is closed without a mail, and what its requester and its participants write comes into
        the other one, of which they become participants, while that is open. No message is moved.
        """
        get_object_or_404(Ticket, pk=request_id)
        serializer = MergeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ticket = merging.merge_ticket(
            ticket_id=request_id,
            by=current_operator(request),
            version=if_match(request),
            **serializer.validated_data,
        )
        return ticket_answer(ticket, serializer=EndedTicketSerializer)


class UnmergeView(TicketChangeView):
    """Undo a merge."""

    @swagger_auto_schema(
        request_body=no_body,
        responses={
            200: TicketSerializer,
            409: "it is not merged, or its requester has another open request",
        },
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Undo a merge: the request is open again as it was.

        The people whom the merge added leave the other request. A snooze whose time has passed is
        not restored.
        """
        ticket = merging.unmerge_ticket(
            ticket_id=request_id, by=current_operator(request), version=if_match(request)
        )
        return ticket_answer(ticket)


urlpatterns = [
    path(
        "requests/user_requests/<int:request_id>/merge/", MergeView.as_view(), name="ticket-merge"
    ),
    path(
        "requests/user_requests/<int:request_id>/unmerge/",
        UnmergeView.as_view(),
        name="ticket-unmerge",
    ),
]
