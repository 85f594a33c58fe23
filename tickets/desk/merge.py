"""The page that shows into which ticket another one would be merged, before it is."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.request import Request

from tickets.api.merging import MergeSerializer
from tickets.desk.views import TicketsDeskView
from tickets.models import Ticket


class MergePageView(TicketsDeskView):
    """Ask whether to merge a ticket into the one whose number was given."""

    def get(self, request: Request, request_id: int) -> HttpResponse:
        """Show both tickets, and the button."""
        tickets = Ticket.objects.select_related("requester")
        ticket = get_object_or_404(tickets, pk=request_id)
        serializer = MergeSerializer(data={"into": request.query_params.get("into", "")})
        serializer.is_valid(raise_exception=True)
        target = tickets.filter(pk=serializer.validated_data["into"]).first()
        return self.page("desk/ticket/merge.html", {"ticket": ticket, "target": target})


urlpatterns = [
    path(
        "desk/tickets/<int:request_id>/merge-into/", MergePageView.as_view(), name="desk-merge-page"
    ),
]
