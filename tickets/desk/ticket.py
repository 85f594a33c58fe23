"""The page of a ticket: its conversation, and what is known about it at the side."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.request import Request

from tickets.desk.composer import composer_context
from tickets.desk.views import TicketsDeskView
from tickets.models import Ticket


class TicketPageView(TicketsDeskView):
    """The page of a ticket."""

    def get(self, request: Request, request_id: int) -> HttpResponse:
        """Show a ticket."""
        ticket = get_object_or_404(Ticket.objects.select_related("requester"), pk=request_id)
        context = {"ticket": ticket, **composer_context(request, ticket)}
        return self.page("desk/ticket.html", context)


urlpatterns = [
    path("desk/tickets/<int:request_id>/", TicketPageView.as_view(), name="desk-ticket"),
]
