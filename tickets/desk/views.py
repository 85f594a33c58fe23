"""The base of the desk's pages about tickets, which have the queues at their side."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse

from operators.desk.views import DeskView
from tickets.desk.queues import counted_queues


class TicketsDeskView(DeskView):
    """A page of the desk with the queues at its side."""

    def page(
        self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Return a page of a template, with the queues and their counts."""
        queues = {"queues": counted_queues(self.request._request)}
        return super().page(template, {**queues, **(context or {})}, status=status)
