"""Remember what the caller has seen of a ticket."""

from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets import seen
from tickets.api.preconditions import OneTicketView
from tickets.models import SeenTicket, Ticket


class SeenSerializer(serializers.Serializer[SeenTicket]):
    """How many messages of a ticket the caller has seen."""

    message_count = serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        help_text="The first so many messages; 0 makes the request unread again.",
    )

    class Meta:
        swagger_schema_fields = {"example": {"message_count": 2}}


class SeenView(OneTicketView):
    """What the caller has seen of a ticket."""

    @swagger_auto_schema(request_body=SeenSerializer, responses={200: SeenSerializer})
    def put(self, request: Request, request_id: int) -> Response:
        """Say how many of a request's messages you have seen, as its `message_count` had them.

        The request is `unread` in your list while it is open and has a later message of its
        requester or a participant, unless you have answered since. More than it has are as many as
        it has. It changes nothing for others, and neither the version nor the history.
        """
        ticket = get_object_or_404(Ticket.objects.only("message_count"), pk=request_id)
        serializer = SeenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        count = seen.mark_seen(
            ticket,
            current_operator(request),
            message_count=serializer.validated_data["message_count"],
        )
        return Response({"message_count": count})


urlpatterns = [
    path("requests/user_requests/<int:request_id>/seen/", SeenView.as_view(), name="seen"),
]
