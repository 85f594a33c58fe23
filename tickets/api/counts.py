"""How many tickets there are in each queue."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from operators.authentication import current_operator
from tickets.api.ticket_filters import QUEUES, TicketFilter, in_queue
from tickets.models import Ticket

# A number is exact up to here.
MOST = 1_000


class CountsFilter(TicketFilter):
    """The filters of the list but for the queue."""

    queue = None  # type: ignore[assignment]  # so a filter is taken away


class CountField(serializers.Field[Any, Any, Any, Any]):
    of_any_type = True  # OpenAPI 2 has no `oneOf`

    class Meta:
        swagger_schema_fields = {"description": f'A number, or "{MOST}+" for more than that.'}


class CountsSerializer(serializers.Serializer[Any]):
    """The number of tickets in each queue."""

    new = CountField(read_only=True)
    mine = CountField(read_only=True)
    waiting = CountField(read_only=True)
    open = CountField(read_only=True)
    snoozed = CountField(read_only=True)
    needs_attention = CountField(read_only=True)

    class Meta:
        swagger_schema_fields = {
            "example": {
                "new": 12,
                "mine": 3,
                "waiting": 15,
                "open": f"{MOST}+",
                "snoozed": 4,
                "needs_attention": 0,
            }
        }


class CountsView(generics.GenericAPIView[Ticket]):
    """Count the requests in each queue."""

    queryset = Ticket.objects.all()
    filterset_class = CountsFilter
    pagination_class = None
    serializer_class = CountsSerializer

    @swagger_auto_schema(responses={200: CountsSerializer, 400: "bad input; `fields` names what"})
    def get(self, request: Request) -> Response:
        """Count what the list shows with each `queue` and the same other filters."""
        tickets = self.filter_queryset(self.get_queryset())
        operator = current_operator(request)
        status = request.query_params.get("status")
        numbers = count_each(
            {
                name: in_queue(tickets, name, operator)[: MOST + 1]
                for name, statuses in QUEUES.items()
                if not status or status in statuses
            },
            filtered=bool(request.query_params),
        )
        shown = {name: f"{MOST}+" if n > MOST else n for name, n in numbers.items()}
        return Response({**dict.fromkeys(QUEUES, 0), **shown})


def count_each(querysets: dict[str, QuerySet[Ticket]], *, filtered: bool) -> dict[str, int]:
    """Count the rows of each at one moment; each has a limit.

    PostgreSQL may not scan the table: expecting a thousand rows anywhere, it would, and find them
    at its end, where the open ones are. For whole queues, which are not filtered, it may not make
    bitmaps either: to count a thousand rows it would mark all of an index first. Only with a
    bitmap does it find those of a tag.
    """
    settings = "SET LOCAL enable_seqscan = off"
    if not filtered:
        settings += "; SET LOCAL enable_bitmapscan = off"
    counts: list[str] = []
    parameters: list[Any] = []
    for queryset in querysets.values():
        try:
            sql, values = queryset.values("pk").query.sql_with_params()
        except EmptyResultSet:  # two filters exclude each other
            counts.append("0")
        else:
            counts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608 - of the ORM
            parameters += values
    with connection.cursor() as cursor:
        # LOCAL: for these statements alone, which are one transaction.
        cursor.execute(f"{settings}; SELECT {', '.join(counts)}", parameters)
        return dict(zip(querysets, cursor.fetchone(), strict=True))
