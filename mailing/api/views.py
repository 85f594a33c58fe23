"""Inbox and outbox for supervisors: what arrived, what goes out, and the actions on both."""

import django_filters
from django.db.models import F, QuerySet
from django.db.models.functions import Length
from django.http import Http404, StreamingHttpResponse
from drf_yasg import openapi
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mailing.api.serializers import (
    InboundSerializer,
    OutboundSerializer,
    ReplayAllSerializer,
    ReplayedSerializer,
)
from mailing.inbound import replay
from mailing.inbound.inbox import read_raw
from mailing.models import MAIL_KIND_CHOICES, InboundEmail, OutboundEmail
from mailing.outbound import supervision
from operators.authentication import current_operator
from operators.permissions import IsSupervisor
from operators.repeatable import RepeatableView
from tickets.api.filters import ChoiceFilter

SUPERVISOR = [IsAuthenticated, IsSupervisor]


class InboundFilter(django_filters.FilterSet):
    state = ChoiceFilter(choices=InboundEmail.State.choices)
    kind = ChoiceFilter(choices=MAIL_KIND_CHOICES)
    external_id = django_filters.CharFilter(method="filter_external_id")

    class Meta:
        model = InboundEmail
        fields = ["state", "kind", "external_id"]

    def filter_external_id(
        self, queryset: QuerySet[InboundEmail], name: str, value: str
    ) -> QuerySet[InboundEmail]:
        """Name all sources too, because the index begins with the source."""
        return queryset.filter(source__in=InboundEmail.Source.values, external_id=value)


class OutboundFilter(django_filters.FilterSet):
    state = ChoiceFilter(choices=OutboundEmail.State.choices)
    recipient = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = OutboundEmail
        fields = ["state", "recipient"]


class InboxView(generics.ListAPIView[InboundEmail]):
    """List the mail that arrived and what became of it."""

    permission_classes = SUPERVISOR
    serializer_class = InboundSerializer
    queryset = InboundEmail.objects.defer("raw")
    filterset_class = InboundFilter
    keyset_split = ("state", InboundEmail.State.values)
    keyset_fields = {"id": F("pk")}


class InboundView(generics.RetrieveAPIView[InboundEmail]):
    """Show one incoming mail's entry."""

    permission_classes = SUPERVISOR
    serializer_class = InboundSerializer
    queryset = InboundEmail.objects.defer("raw")


class RawView(APIView):
    permission_classes = SUPERVISOR

    @swagger_auto_schema(
        responses={200: openapi.Response("the mail", openapi.Schema(type=openapi.TYPE_FILE))},
        produces=["message/rfc822"],
    )
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """Download an incoming mail's bytes, as long as they are kept."""
        kept = InboundEmail.objects.filter(pk=pk, raw__isnull=False)
        size = kept.values_list(Length("raw"), flat=True).first()
        if size is None:
            raise Http404
        return StreamingHttpResponse(
            read_raw(pk),
            content_type="message/rfc822",
            headers={
                "Content-Disposition": f'attachment; filename="inbound-{pk}.eml"',
                "Content-Length": str(size),
                "X-Content-Type-Options": "nosniff",
            },
        )


class ReplayView(RepeatableView):
    permission_classes = SUPERVISOR

    @swagger_auto_schema(
        request_body=no_body,
        responses={200: InboundSerializer, 409: "only an ignored or quarantined mail"},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Process an ignored or quarantined mail once more."""
        return Response(InboundSerializer(replay.replay(inbound_id=pk)).data)


class AcceptView(RepeatableView):
    permission_classes = SUPERVISOR

    @swagger_auto_schema(
        request_body=no_body, responses={200: InboundSerializer, 409: "only an ignored mail"}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Turn a wrongly ignored mail into a ticket, with its acknowledgement."""
        inbound = replay.accept(inbound_id=pk, by=current_operator(request))
        return Response(InboundSerializer(inbound).data)


class ReplayAllView(RepeatableView):
    permission_classes = SUPERVISOR

    @swagger_auto_schema(
        operation_id="mail_inbox_replay_all",
        request_body=ReplayAllSerializer,
        responses={200: ReplayedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Process all mail in a state, or the mails named, once more; go on while some remain."""
        serializer = ReplayAllSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        remaining = 0
        if "ids" in wanted:
            ids = sorted(set(wanted["ids"]))  # in one order, against deadlocks
        else:
            rows = replay.replayable(
                state=wanted["state"], kind=wanted.get("kind", ""), after=wanted["after"]
            )
            ids = list(rows.values_list("pk", flat=True)[: replay.MAX_AT_ONCE])
            remaining = rows.filter(pk__gt=ids[-1]).count() if ids else 0
        replayed, refused = replay.replay_each(ids)
        return Response(
            {
                "replayed": replayed,
                "refused": [refusal._asdict() for refusal in refused],
                "remaining": remaining,
                "next_after": ids[-1] if remaining else None,
            }
        )


class OutboxView(generics.ListAPIView[OutboundEmail]):
    """List the mail that goes out and how far it has got."""

    permission_classes = SUPERVISOR
    serializer_class = OutboundSerializer
    queryset = OutboundEmail.objects.defer("content")
    filterset_class = OutboundFilter
    keyset_fields = {"id": F("pk")}


class OutboundView(generics.RetrieveAPIView[OutboundEmail]):
    """Show one outgoing mail's entry."""

    permission_classes = SUPERVISOR
    serializer_class = OutboundSerializer
    queryset: QuerySet[OutboundEmail] = OutboundEmail.objects.defer("content")


class RetryView(RepeatableView):
    permission_classes = SUPERVISOR

    @swagger_auto_schema(
        request_body=no_body, responses={200: OutboundSerializer, 409: "it was sent, or is being"}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Send a mail now that is not sent, under the same Message-ID."""
        return Response(
            OutboundSerializer(supervision.retry(outbound_id=pk, by=current_operator(request))).data
        )


class CancelView(RepeatableView):
    permission_classes = SUPERVISOR

    @swagger_auto_schema(
        request_body=no_body, responses={200: OutboundSerializer, 409: "it was sent, or is being"}
    )
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a mail that waits."""
        return Response(
            OutboundSerializer(
                supervision.cancel(outbound_id=pk, by=current_operator(request))
            ).data
        )
