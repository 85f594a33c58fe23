"""What the Apps Script calls: it stores and enqueues, and never waits for a parser or a worker."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mailing.api.serializers import (
    MissingSerializer,
    ReconcileSerializer,
    ResultsSerializer,
    WebhookSerializer,
)
from mailing.inbound import inbox
from mailing.monitoring import reconciliation
from mailing.webhook import payload, request_body
from mailing.webhook.payload import Arrival
from mailing.webhook.signature import SignedWebhook


class WebhookView(APIView):
    """Signed as Standard Webhooks are: webhook-id, webhook-timestamp, webhook-signature."""

    authentication_classes = [SignedWebhook]

    @swagger_auto_schema(
        request_body=WebhookSerializer,
        responses={202: ResultsSerializer, 413: "more than 50 MB"},
        security=[],
    )
    def post(self, request: Request) -> Response:
        """Take new mail. Each message is judged by itself; `accepted` is in the database."""
        arrivals = payload.read(request_body.of(request), request.headers["webhook-id"])
        new = inbox.store([one for one in arrivals if not one.error])
        results = [_result(one, new) for one in arrivals]
        return Response({"results": results}, status=status.HTTP_202_ACCEPTED)


class ReconcileView(APIView):
    """Signed like the webhook."""

    authentication_classes = [SignedWebhook]

    @swagger_auto_schema(
        request_body=ReconcileSerializer, responses={200: MissingSerializer}, security=[]
    )
    def post(self, request: Request) -> Response:
        """Tell which of the mailbox's ids were never received; the call is a heartbeat, too."""
        request_body.keep_in_memory(request)  # where parsers look for it
        serializer = ReconcileSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ids = serializer.validated_data["ids"]
        return Response({"missing": reconciliation.reconcile(ids)})


def _result(arrival: Arrival, new: set[tuple[str, str]]) -> dict[str, str]:
    if arrival.error:
        return {"id": arrival.id, "status": "rejected", "error": arrival.error}
    key = (arrival.source.value, arrival.id)
    if key in new:
        new.remove(key)  # a second one under this id in the same call is a duplicate
        return {"id": arrival.id, "status": "accepted"}
    return {"id": arrival.id, "status": "duplicate"}
