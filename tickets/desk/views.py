"""The base of the desk's pages about tickets, which have the queues at their side."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.desk.views import DeskView
from tickets.desk.changes import changes_tag, changes_url
from tickets.desk.queues import counted_queues


class TicketsDeskView(DeskView):
    """A page of the desk with the queues at its side, which is loaded anew after changes."""

    _changes: Mapping[str, str] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Take the tag of the page's state before the page is read."""
        super().initial(request, *args, **kwargs)
        if request.method == "GET":
            ticket_id = self.kwargs.get("request_id")
            self._changes = {
                "changes_url": changes_url(ticket_id),
                "changes_tag": changes_tag(current_operator(request), ticket_id),
            }

    def page(
        self, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Return a page of a template, with the queues and their counts."""
        queues = {"queues": counted_queues(self.request._request), **self._changes}
        return super().page(template, {**queues, **(context or {})}, status=status)
