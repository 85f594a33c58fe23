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
from tickets.api.ticket_filters import QUEUES, TicketFilter, conditions_of_queues
from tickets.models import Ticket

# A number is exact up to here.
MOST = 1_000


class CountsFilter(TicketFilter):
    """The filters of the list but for the queue."""

    queue = None


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
        conditions = conditions_of_queues(current_operator(request))
        numbers = count_each([tickets.filter(conditions[name]) for name in QUEUES], most=MOST)
        shown = [number if number <= MOST else f"{MOST}+" for number in numbers]
        return Response(dict(zip(QUEUES, shown, strict=True)))


def count_each(querysets: list[QuerySet[Ticket]], *, most: int) -> list[int]:
    """Count the rows of each, up to one more than `most`, by one statement: at one moment."""
    counts, parameters = [], []
    for queryset in querysets:
        try:
            rows = queryset.order_by().values("pk")[: most + 1].query
            sql, values = rows.sql_with_params()
        except EmptyResultSet:  # two filters exclude each other
            counts.append("0")
        else:
            counts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")
            parameters += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", parameters)
        return list(cursor.fetchone())
