"""The page of a ticket: its conversation, and what is known about it at the side."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from rest_framework.request import Request

from operators.authentication import current_operator
from tickets.desk import actions, files, merge, message_page
from tickets.desk.about import about_ticket
from tickets.desk.composer import composer_context
from tickets.desk.conversation import read_conversation
from tickets.desk.people import people_of
from tickets.desk.priority_signs import priority_sign
from tickets.desk.views import TicketsDeskView
from tickets.models import Status, Ticket, WaitingOn
from tickets.seen import mark_seen


class TicketPageView(TicketsDeskView):
    """The page of a ticket."""

    def get(self, request: Request, request_id: int) -> HttpResponse:
        """Show a ticket, with the newest entries of its conversation or those before a cursor."""
        ticket = get_object_or_404(Ticket.objects.select_related("requester"), pk=request_id)
        people = people_of(ticket.requester)
        before = request.query_params.get("before", "")
        reader = current_operator(request)
        if not before:
            mark_seen(ticket, reader)
        context: dict[str, Any] = {
            "ticket": ticket,
            "people": people,
            "holder": people.operators.get(ticket.operator_id or 0),
            "is_mine": ticket.operator_id == reader.pk,
            "is_closed": ticket.status == Status.CLOSED,
            "is_new": ticket.status == Status.NEW,
            "priority_sign": priority_sign(ticket),
            "waits_for_us": ticket.waiting_on == WaitingOn.OPERATOR,
            "before": before,
            "conversation": read_conversation(ticket, before=before, reader=reader, people=people),
            **about_ticket(ticket),
            **composer_context(request, ticket),
        }
        return self.page("desk/ticket.html", context)


urlpatterns = [
    path("desk/tickets/<int:request_id>/", TicketPageView.as_view(), name="desk-ticket"),
    *actions.urlpatterns,
    *files.urlpatterns,
    *merge.urlpatterns,
    *message_page.urlpatterns,
]
