"""Views for tickets: list, a ticket with its history, take and close."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Left
from django.shortcuts import get_object_or_404
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operators.authentication import current_operator
from operators.permissions import ActsAsSelf
from tickets import services
from tickets.api.answers import ticket_answer
from tickets.api.serializers import (
    AttentionSerializer,
    ListedTicketSerializer,
    TicketDetailSerializer,
    TicketSerializer,
    shown_tickets,
)
from tickets.api.ticket_filters import TicketFilter
from tickets.models import SORTED_CHARACTERS, Status, Ticket
from tickets.search.snippets import snippets

CONFLICT = "the ticket's status does not allow it"


class TicketListView(generics.ListAPIView[Ticket]):
    """List the tickets, by default in the order of their numbers; found ones the newest first."""

    serializer_class = ListedTicketSerializer
    queryset = shown_tickets()
    filterset_class = TicketFilter
    keyset_split = ("status", Status.values)
    keyset_walks = True
    keyset_fields = {
        "request_id": F("pk"),
        "title": Left("title", SORTED_CHARACTERS),
        "description": Left("description", SORTED_CHARACTERS),
        "status": F("status"),
        "date_create": F("created_at"),
        "date_update": F("updated_at"),
        "user_email": F("requester_email"),
        "operator": F("operator_id"),
        "priority": F("priority"),
        "waiting_since": F("waiting_since"),
    }

    def keyset_default(self) -> str:
        """Return the order of a request that names none."""
        return "-request_id" if self._search() else "request_id"

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page, with the text that a search found in each ticket."""
        page = super().paginate_queryset(queryset)
        if page and self._search():
            found = snippets(page, self._search())
            for ticket in page:
                ticket.snippet = found[ticket.pk]
        return page

    def _search(self) -> str:
        return self.request.query_params.get("search", "").strip()


class TicketView(generics.RetrieveAPIView[Ticket]):
    """Show one ticket with its history."""

    serializer_class = TicketDetailSerializer
    lookup_url_kwarg = "request_id"

    def get_queryset(self) -> QuerySet[Ticket]:
        """Return tickets with what the serializer shows of them."""
        return shown_tickets().prefetch_related("history")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one ticket with its history; `ETag` is its version."""
        return ticket_answer(self.get_object(), serializer=TicketDetailSerializer)

    @swagger_auto_schema(request_body=AttentionSerializer, responses={200: TicketSerializer})
    def patch(self, request: Request, request_id: int) -> Response:
        """Clear `needs_attention` once you have seen to a mail that did not arrive."""
        get_object_or_404(Ticket, pk=request_id)
        serializer = AttentionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ticket = services.set_needs_attention(ticket_id=request_id, **serializer.validated_data)
        return ticket_answer(ticket)


class TakeView(APIView):
    """Take a new ticket."""

    permission_classes = [IsAuthenticated, ActsAsSelf]

    @swagger_auto_schema(request_body=no_body, responses={200: TicketSerializer, 409: CONFLICT})
    def post(self, request: Request, operator_id: int, request_id: int) -> Response:
        """Take a new ticket into work; of several operators at once exactly one gets it."""
        ticket = services.take_ticket(ticket_id=request_id, by=current_operator(request))
        return ticket_answer(ticket)


class CloseView(APIView):
    """Close a ticket in progress."""

    permission_classes = [IsAuthenticated, ActsAsSelf]

    @swagger_auto_schema(request_body=no_body, responses={200: TicketSerializer, 409: CONFLICT})
    def post(self, request: Request, operator_id: int, request_id: int) -> Response:
        """Close a ticket in progress; the requester's next mail opens another."""
        ticket = services.close_ticket(ticket_id=request_id, by=current_operator(request))
        return ticket_answer(ticket)
