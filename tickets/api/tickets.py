"""Views for tickets: list and opening, a ticket with its history and its changes, take, close."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Left
from django.shortcuts import get_object_or_404
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from operators.permissions import ActsAsSelf
from operators.repeatable import RepeatableView
from tickets import properties, services
from tickets.api.answers import ticket_answer
from tickets.api.opening import OpeningSerializer
from tickets.api.preconditions import TicketChangeView, if_match
from tickets.api.properties import PropertiesSerializer
from tickets.api.serializers import (
    EndedTicketSerializer,
    ListedTicketSerializer,
    TicketDetailSerializer,
    TicketSerializer,
    shown_tickets,
)
from tickets.api.ticket_filters import TicketFilter
from tickets.models import SORTED_CHARACTERS, Status, Ticket
from tickets.search.snippets import snippets
from tickets.seen import mark_unread

CONFLICT = "the ticket's status does not allow it"


class TicketListView(RepeatableView, generics.ListAPIView[Ticket]):
    """List the tickets in the order of their numbers, found ones the newest first; open one."""

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

    @swagger_auto_schema(
        request_body=OpeningSerializer,
        responses={
            201: TicketSerializer,
            409: "they have an open request, whose number is in `error.request_id`",
        },
    )
    def post(self, request: Request) -> Response:
        """Open a request for somebody, as after a call, or with `send` write to them first.

        The request is `new` and its first message is theirs. With `send` it is in progress of
        yours, and its first message is yours and mailed to them; they get no other mail then.
        """
        serializer = OpeningSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ticket = serializer.open_ticket(by=current_operator(request))
        return ticket_answer(ticket, code=status.HTTP_201_CREATED)

    def keyset_default(self) -> str:
        """Return the order of a request that names none."""
        return "-request_id" if self._search() else "request_id"

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page, with what is unread, and the text that a search found in each ticket."""
        page = super().paginate_queryset(queryset)
        mark_unread(page or [], current_operator(self.request))
        if page and self._search():
            found = snippets(page, self._search())
            for ticket in page:
                ticket.snippet = found[ticket.pk]
        return page

    def _search(self) -> str:
        return self.request.query_params.get("search", "").strip()


class TicketView(TicketChangeView, generics.RetrieveAPIView[Ticket]):
    """Show one ticket with its history."""

    serializer_class = TicketDetailSerializer
    lookup_url_kwarg = "request_id"

    def get_queryset(self) -> QuerySet[Ticket]:
        """Return tickets with what the serializer shows of them."""
        return shown_tickets().prefetch_related("history")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one ticket with its history; `ETag` is its version."""
        return ticket_answer(self.get_object(), serializer=TicketDetailSerializer)

    @swagger_auto_schema(request_body=PropertiesSerializer, responses={200: TicketSerializer})
    def patch(self, request: Request, request_id: int) -> Response:
        """Set the priority or the tags, snooze or wake, clear `needs_attention`.

        A closed request can be changed, but not snoozed. A value that it has already changes
        nothing; each other one is an entry in the history. A snoozed request wakes at that time,
        or when the requester or a participant writes.
        """
        get_object_or_404(Ticket, pk=request_id)
        serializer = PropertiesSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ticket = properties.change_ticket(
            ticket_id=request_id,
            by=current_operator(request),
            changes=serializer.validated_data,
            version=if_match(request),
        )
        return ticket_answer(ticket)


class TakeView(TicketChangeView):
    """Take a new ticket."""

    permission_classes = [IsAuthenticated, ActsAsSelf]

    @swagger_auto_schema(request_body=no_body, responses={200: TicketSerializer, 409: CONFLICT})
    def post(self, request: Request, operator_id: int, request_id: int) -> Response:
        """Take a new ticket into work; of several operators at once exactly one gets it."""
        ticket = services.take_ticket(
            ticket_id=request_id, by=current_operator(request), version=if_match(request)
        )
        return ticket_answer(ticket)


class CloseView(TicketChangeView):
    """Close a ticket in progress."""

    permission_classes = [IsAuthenticated, ActsAsSelf]

    @swagger_auto_schema(
        request_body=no_body, responses={200: EndedTicketSerializer, 409: CONFLICT}
    )
    def post(self, request: Request, operator_id: int, request_id: int) -> Response:
        """Close a ticket in progress; the requester's next mail opens another.

        `pending_replies` are the operators' messages that are still scheduled or held; closing
        leaves them.
        """
        ticket = services.close_ticket(
            ticket_id=request_id, by=current_operator(request), version=if_match(request)
        )
        return ticket_answer(ticket, serializer=EndedTicketSerializer)
