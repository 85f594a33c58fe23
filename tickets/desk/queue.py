"""The queue: a list of tickets with filters, search and bulk actions."""

from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.urls import path
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from operators.authentication import current_operator
from operators.models import Operator
from tickets.api.tickets import TicketListView
from tickets.desk.queue_filters import QueueFilter, chips, choices, sortings
from tickets.desk.queue_rows import Row, rows_of
from tickets.desk.queues import chosen_queue
from tickets.desk.snooze_times import snooze_times
from tickets.desk.views import TicketsDeskView
from tickets.models import Priority, Ticket


class QueueView(TicketsDeskView, GenericAPIView[Ticket]):
    """The list of a queue, on the pages of the API's list."""

    filterset_class = QueueFilter
    keyset_split = TicketListView.keyset_split
    keyset_walks = TicketListView.keyset_walks
    keyset_fields = TicketListView.keyset_fields
    page_rows = 25  # a page takes as long to make as it has rows; further ones come by themselves

    def get_queryset(self) -> QuerySet[Ticket]:
        """Return all tickets with what a row shows; long descriptions only where searched."""
        tickets = Ticket.objects.select_related("requester", "operator")
        return tickets if self._search() else tickets.defer("description")

    def keyset_default(self) -> str:
        """Return the order of a page that names none: the queue's, of a search the API's."""
        return "-request_id" if self._search() else chosen_queue(self._query()).ordering

    def get(self, request: Request) -> HttpResponse:
        """Show the tickets of a queue; what is wrong with its filters, if they are refused."""
        rows: list[Row] = []
        wrong: dict[str, Any] = {}
        links: dict[str, str] = {}
        try:
            tickets = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
            links = self._links()
            rows = rows_of(tickets, current_operator(request), search=self._search())
        except ValidationError as error:
            wrong = dict(error.detail) if isinstance(error.detail, dict) else {"": error.detail}
        context = {"rows": rows, "wrong": wrong, **links, **self._frame(wrong)}
        return self.page("desk/queue.html", context, status=400 if wrong else 200)

    def _frame(self, wrong: dict[str, Any]) -> dict[str, Any]:
        """Return what a page has around its rows."""
        query = self._query()
        operators = Operator.objects.filter(is_active=True).order_by("name", "pk")
        holders = {str(pk): name for pk, name in operators.values_list("pk", "name")}
        queue = chosen_queue(query)
        shown_chips = chips(query, holders, wrong)
        return {
            "queue": queue,
            "page_rows": self.page_rows,
            "query": query,
            "search": self._search(),
            "chips": shown_chips,
            "is_filtered": len(shown_chips) > bool(query.get("ordering")),
            "choices": choices(query, holders),
            "kept": _kept(query),
            "holders": holders,
            "sortings": sortings(query, query.get("ordering") or self.keyset_default()),
            "priorities": {each.name.lower(): each.label for each in Priority},
            "snooze_times": snooze_times(),
        }

    def _links(self) -> dict[str, str]:
        """Return the queries of the next and the previous page, which have the usual size."""
        answer = self.get_paginated_response([]).data
        found = {}
        for name in ("next", "previous"):
            if answer[name]:
                query = QueryDict(urlsplit(answer[name]).query, mutable=True)
                query.pop("page_size", None)
                found[f"{name}_page"] = f"?{query.urlencode()}"
        return found

    def _query(self) -> QueryDict:
        return self.request.query_params

    def _search(self) -> str:
        return self._query().get("search", "").strip()


def _kept(query: QueryDict) -> list[tuple[str, str]]:
    """Return the parameters that the form of filters leaves as they are."""
    names = ("queue", "search", "ordering", "tag", "participant")
    return [(name, value) for name in names for value in query.getlist(name) if value]


urlpatterns = [path("desk/", QueueView.as_view(), name="desk")]
