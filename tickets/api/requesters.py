"""Requesters and their tickets."""

import django_filters
from django.db.models import F, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from operators.repeatable import RepeatableView
from tickets import requesters
from tickets.api.filters import SearchFilter
from tickets.api.serializers import TicketSerializer, shown_tickets
from tickets.models import Requester, Ticket
from tickets.search.conditions import requesters_for


class RequesterSerializer(serializers.ModelSerializer[Requester]):
    """Somebody who writes to the desk; `note` is about them, for operators, and never mailed."""

    date_create = serializers.DateTimeField(source="created_at", read_only=True)

    class Meta:
        model = Requester
        fields = ["id", "email", "name", "note", "date_create"]
        read_only_fields = ["email"]
        swagger_schema_fields = {
            "example": {
                "id": 5,
                "email": "ivan@example.com",
                "name": "Иван Петров",
                "note": "Звонить после обеда.",
                "date_create": "2026-11-23T09:00:00.000000Z",
            }
        }


class RequesterFilter(django_filters.FilterSet):
    """The search for requesters."""

    search = SearchFilter(
        method="find", help_text="Parts of the address or name; a requester has all of them."
    )

    class Meta:
        model = Requester
        fields = ["search"]

    def find(self, queryset: QuerySet[Requester], name: str, value: str) -> QuerySet[Requester]:
        return requesters_for(value)


class RequesterListView(generics.ListAPIView[Requester]):
    """List the requesters, in the order of their ids."""

    serializer_class = RequesterSerializer
    queryset = Requester.objects.all()
    filterset_class = RequesterFilter
    keyset_fields = {"id": F("pk")}


class RequesterView(RepeatableView, generics.RetrieveAPIView[Requester]):
    """Show one requester."""

    serializer_class = RequesterSerializer
    queryset = Requester.objects.all()
    lookup_url_kwarg = "requester_id"

    @swagger_auto_schema(
        request_body=RequesterSerializer(partial=True), responses={200: RequesterSerializer}
    )
    def patch(self, request: Request, requester_id: int) -> Response:
        """Change the name or the note; the address stays. No ticket's version moves."""
        requester = get_object_or_404(Requester, pk=requester_id)
        serializer = RequesterSerializer(requester, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = requesters.change_requester(
            requester_id=requester_id, changes=serializer.validated_data
        )
        return Response(RequesterSerializer(changed).data)


class RequesterTicketListView(generics.ListAPIView[Ticket]):
    """List a requester's tickets, by default the oldest first."""

    serializer_class = TicketSerializer
    queryset = Ticket.objects.none()
    keyset_fields = {"request_id": F("pk")}

    def get_queryset(self) -> QuerySet[Ticket]:
        """Return the requester's tickets; raises `Http404`."""
        requester = get_object_or_404(Requester, pk=self.kwargs["requester_id"])
        return shown_tickets().filter(requester=requester)


urlpatterns = [
    path("requests/requesters/", RequesterListView.as_view(), name="requesters"),
    path("requests/requesters/<int:requester_id>/", RequesterView.as_view(), name="requester"),
    path(
        "requests/requesters/<int:requester_id>/tickets/",
        RequesterTicketListView.as_view(),
        name="requester-tickets",
    ),
]
