"""Views for the messages of a ticket: list and reply."""

from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from operators.permissions import ActsAsSelf
from tickets import services
from tickets.api.message_serializers import MessageSerializer, ReplySerializer, shown_messages
from tickets.api.preconditions import TicketChangeView, if_match
from tickets.api.tickets import CONFLICT
from tickets.models import Message, Ticket


class MessageListView(generics.ListAPIView[Message]):
    """List a ticket's messages in the order they were written."""

    serializer_class = MessageSerializer
    queryset = Message.objects.none()
    keyset_fields = {"sort": F("number")}

    def get_queryset(self) -> QuerySet[Message]:
        """Return the ticket's messages with their files; raises `Http404`."""
        tickets = Ticket.objects.select_related("requester")
        return shown_messages(get_object_or_404(tickets, pk=self.kwargs["request_id"]))


class ReplyView(TicketChangeView):
    """Write to the requester of a ticket."""

    permission_classes = [IsAuthenticated, ActsAsSelf]

    @swagger_auto_schema(
        request_body=ReplySerializer,
        responses={201: MessageSerializer, 409: CONFLICT, 413: "more files than a message takes"},
    )
    def post(self, request: Request, request_id: int) -> Response:
        """Write to the requester: the message is stored at once and mailed by a worker.

        Each participant in `cc` gets a copy, by default all who take part when it is written. With
        `send_at` it leaves then, also to those who were removed meanwhile; a few seconds ahead are
        the time in which it can be withdrawn. With `hold_if_crossed` it is held if the requester
        writes before it leaves: `delivery.held_by` is their message, and you send it or withdraw
        it. `take` and `close` are done with it or not at all; their notices go out after it.
        """
        ticket = get_object_or_404(Ticket.objects.select_related("requester"), pk=request_id)
        serializer = ReplySerializer(data=request.data, context={"ticket": ticket})
        serializer.is_valid(raise_exception=True)
        message = services.reply(
            ticket_id=request_id,
            by=current_operator(request),
            title=serializer.validated_data["title"],
            text=serializer.validated_data["description"],
            file_ids=serializer.validated_data["files"],
            quote=serializer.validated_data["quote"],
            cc=serializer.validated_data.get("cc"),
            send_at=serializer.validated_data.get("send_at"),
            hold_if_crossed=serializer.validated_data["hold_if_crossed"],
            take=serializer.validated_data["take"],
            close=serializer.validated_data["close"],
            version=if_match(request),
        )
        data = MessageSerializer(message, context={"request": request}).data
        return Response(data, status=status.HTTP_201_CREATED)
