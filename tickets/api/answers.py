"""Answers that hold one ticket."""

from rest_framework import status
from rest_framework.response import Response

from tickets.api.serializers import TicketSerializer
from tickets.models import Ticket


def ticket_answer(
    ticket: Ticket,
    *,
    code: int = status.HTTP_200_OK,
    serializer: type[TicketSerializer] = TicketSerializer,
) -> Response:
    """Return a response with a ticket, and with its version as the entity tag (RFC 9110, 8.8.3)."""
    return Response(serializer(ticket).data, status=code, headers={"ETag": f'"{ticket.version}"'})
