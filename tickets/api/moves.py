"""Hand a ticket over, and reopen one."""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets import services
from tickets.api.answers import ticket_answer
from tickets.api.fields import HolderField
from tickets.api.preconditions import TicketChangeView, if_match
from tickets.api.serializers import TicketSerializer
from tickets.models import Ticket


class AssignSerializer(serializers.Serializer[Ticket]):
    """Who shall hold a ticket."""

    operator_id = HolderField(help_text="Any active operator's id; null gives the request back.")

    class Meta:
        swagger_schema_fields = {"example": {"operator_id": 7}}


class AssignView(TicketChangeView):
    """Hand over an open ticket."""

    @swagger_auto_schema(
        request_body=AssignSerializer,
        responses={200: TicketSerializer, 409: "the request is closed"},
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Give an open request to an operator, yourself or another, or with null back.

        Any operator may, whoever holds it. The requester is mailed "taken" only the first time that
        an operator gets the request; the new holder is told, unless it is you. To the operator who
        holds it already it changes nothing.
        """
        get_object_or_404(Ticket, pk=request_id)
        serializer = AssignSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ticket = services.assign_ticket(
            ticket_id=request_id,
            to=serializer.validated_data["operator_id"],
            by=current_operator(request),
            version=if_match(request),
        )
        return ticket_answer(ticket)


class ReopenView(TicketChangeView):
    """Reopen a closed ticket."""

    @swagger_auto_schema(
        request_body=no_body,
        responses={
            200: TicketSerializer,
            409: (
                "the request is not closed, or merged into another one, or its requester has"
                " another open one, whose number is in `error.request_id`"
            ),
        },
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Take a closed request into work again, as yours; nobody is mailed.

        It waits for an operator. Closing it again mails "closed" again.
        """
        get_object_or_404(Ticket, pk=request_id)
        ticket = services.reopen_ticket(
            ticket_id=request_id, by=current_operator(request), version=if_match(request)
        )
        return ticket_answer(ticket)


urlpatterns = [
    path("requests/user_requests/<int:request_id>/assign/", AssignView.as_view(), name="assign"),
    path("requests/user_requests/<int:request_id>/reopen/", ReopenView.as_view(), name="reopen"),
]
