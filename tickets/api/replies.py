"""Take back an operator's message, or send one now that is held or scheduled."""

from collections.abc import Callable

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets import replies
from tickets.api.message_serializers import MessageSerializer, shown_messages
from tickets.api.preconditions import TicketChangeView, if_match
from tickets.models import Message, Ticket


class WithdrawView(TicketChangeView):
    """Take back an operator's message."""

    @swagger_auto_schema(
        request_body=no_body,
        responses={
            200: MessageSerializer,
            409: "all of it has left or was taken back, or it is the requester's",
        },
    )
    def post(self, request: Request, request_id: int, message_id: int) -> Response:
        """Take back what has not left of a message, whoever wrote it.

        The message stays, with `withdrawn` as the state of its delivery, and the request waits for
        whom it would without it. Copies that have left stay as they are.
        """
        return _change(replies.withdraw_reply, request, request_id, message_id)


class SendView(TicketChangeView):
    """Send an operator's message now."""

    @swagger_auto_schema(
        request_body=no_body,
        responses={200: MessageSerializer, 409: "it is neither held nor scheduled"},
    )
    def post(self, request: Request, request_id: int, message_id: int) -> Response:
        """Send a message at once that is held or scheduled, whoever wrote it.

        A scheduled one with `hold_if_crossed` may still be held; a held one leaves in any case.
        """
        return _change(replies.send_reply_now, request, request_id, message_id)


def _change(
    service: Callable[..., Message], request: Request, request_id: int, message_id: int
) -> Response:
    """Answer with the message that a service has changed."""
    get_object_or_404(Message.objects.only("pk"), pk=message_id, ticket=request_id)
    service(
        ticket_id=request_id,
        message_id=message_id,
        by=current_operator(request),
        version=if_match(request),
    )
    ticket = Ticket.objects.select_related("requester").get(pk=request_id)
    message = shown_messages(ticket).get(pk=message_id)
    return Response(MessageSerializer(message, context={"request": request}).data)


_MESSAGE = "mgs/requests/<int:request_id>/mgs/<int:message_id>/"
urlpatterns = [
    path(f"{_MESSAGE}withdraw/", WithdrawView.as_view(), name="message-withdraw"),
    path(f"{_MESSAGE}send/", SendView.as_view(), name="message-send"),
]
