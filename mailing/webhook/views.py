"""The endpoints that the Apps Script calls; they store what it posts and wait for no worker."""

import json
from collections.abc import Iterable

from django.http import HttpResponse
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mailing.inbound import inbox
from mailing.inbound.arrival import Arrival
from mailing.monitoring import reconciliation
from mailing.webhook import payload, request_body
from mailing.webhook.serializers import (
    MissingSerializer,
    ReconcileSerializer,
    ResultsSerializer,
    WebhookSerializer,
)
from mailing.webhook.signature import SignedWebhook


class ShortNegotiation(DefaultContentNegotiation):
    """Chooses the only renderer at once for a caller that accepts anything.

    REST framework's way to the same choice is 7 % of a call's time in Python.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type."""
        accepts_anything = request.META.get("HTTP_ACCEPT", "*/*") == "*/*"
        if accepts_anything and not request.META["QUERY_STRING"]:
            renderer = next(iter(renderers))
            return renderer, str(renderer.media_type)
        chosen: tuple[BaseRenderer, str] = super().select_renderer(
            request, renderers, format_suffix
        )
        return chosen


class WebhookView(APIView):
    """Signed as Standard Webhooks are: webhook-id, webhook-timestamp, webhook-signature."""

    authentication_classes = [SignedWebhook]
    content_negotiation_class = ShortNegotiation

    @swagger_auto_schema(
        request_body=WebhookSerializer,
        responses={202: ResultsSerializer, 413: "more than 50 MB"},
        security=[],
    )
    def post(self, request: Request) -> HttpResponse:
        """Receive new mail. Each message has its own result; `accepted` is in the database."""
        body = request_body.read_body(request)
        arrivals = payload.read_arrivals(body, request.headers["webhook-id"])
        stored = inbox.store([arrival for arrival in arrivals if not arrival.error])
        request._request.stored_mail = list(stored.values())  # type: ignore[attr-defined]  # config.http.request_log
        new = set(stored)
        results = [_result(arrival, new) for arrival in arrivals]
        # REST framework's Response would take longer: it is a template response.
        content = json.dumps({"results": results}, ensure_ascii=False, separators=(",", ":"))
        return HttpResponse(
            content, content_type="application/json", status=status.HTTP_202_ACCEPTED
        )


class ReconcileView(APIView):
    """Signed like the webhook."""

    authentication_classes = [SignedWebhook]

    @swagger_auto_schema(
        request_body=ReconcileSerializer, responses={200: MissingSerializer}, security=[]
    )
    def post(self, request: Request) -> Response:
        """Return which of the mailbox's ids were never received; the call is a heartbeat, too."""
        request_body.load_into_memory(request)
        serializer = ReconcileSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids = serializer.validated_data["ids"]
        return Response({"missing": reconciliation.reconcile(ids)})


def _result(arrival: Arrival, new: set[tuple[str, str]]) -> dict[str, str]:
    if arrival.error:
        return {"id": arrival.id, "status": "rejected", "error": arrival.error}
    if arrival.key in new:
        new.remove(arrival.key)  # a second message with this id in the same call is a duplicate
        return {"id": arrival.id, "status": "accepted"}
    return {"id": arrival.id, "status": "duplicate"}
