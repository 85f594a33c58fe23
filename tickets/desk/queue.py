"""The queue: a list of tickets with filters, search and bulk actions."""

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from tickets.desk.queues import chosen_queue
from tickets.desk.views import TicketsDeskView


class QueueView(TicketsDeskView):
    """The list of a queue."""

    def get(self, request: Request) -> HttpResponse:
        """Show the tickets of a queue."""
        return self.page("desk/queue.html", {"queue": chosen_queue(request.query_params)})


urlpatterns = [path("desk/", QueueView.as_view(), name="desk")]
