"""One action for many tickets."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.http import Http404
from django.urls import path
from drf_yasg.utils import swagger_auto_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from operators.authentication import current_operator
from operators.idempotency import has_key
from operators.repeatable import RepeatableView
from tickets.api.fields import FutureTimeField, HolderField, IdField, PriorityField, TagField
from tickets.bulk import Action, apply_action
from tickets.changes import lock_requesters_and_tickets
from tickets.models import Ticket
from tickets.signals import tickets_locked

MOST_REQUESTS = 200
# The field with the value of each action that has one.
VALUES = {
    Action.ASSIGN: "operator_id",
    Action.SNOOZE: "snoozed_until",
    Action.TAG: "tag",
    Action.UNTAG: "tag",
    Action.PRIORITY: "priority",
}


class BulkItemSerializer(serializers.Serializer[Ticket]):
    """A ticket to which the action is done."""

    request_id = IdField()
    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Which it must have, or its status is 412; without it any.",
    )


class BulkSerializer(serializers.Serializer[Ticket]):
    """An action, its value, and the tickets."""

    requests = serializers.ListField(
        child=BulkItemSerializer(), min_length=1, max_length=MOST_REQUESTS
    )
    action = serializers.ChoiceField([action.value for action in Action])
    operator_id = HolderField(required=False, help_text="For `assign`; null gives back.")
    tag = TagField(required=False, help_text="For `tag` and `untag`.")
    priority = PriorityField(required=False, help_text="For `priority`.")
    snoozed_until = FutureTimeField(
        required=False, allow_null=True, help_text="For `snooze`; null wakes."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {
                "requests": [{"request_id": 12, "version": 3}, {"request_id": 14}],
                "action": "tag",
                "tag": "принтер",
            }
        }

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Require the value of the action, and ignore those of the others."""
        fields = super().get_fields()
        given = getattr(self, "initial_data", None)  # not when the schema is written
        if isinstance(given, dict):
            action = given.get("action")
            wanted = VALUES.get(Action(action)) if action in list(Action) else None
            for name in set(VALUES.values()) - {wanted}:
                del fields[name]
            if wanted:
                fields[wanted].required = True
        return fields


class BulkResultSerializer(serializers.Serializer[Any]):
    """What became of the action for one ticket."""

    request_id = serializers.IntegerField()
    status = serializers.IntegerField(help_text="The status that the single call would have.")
    error = serializers.JSONField(
        allow_null=True, help_text="The `error` that it would have; null when it went well."
    )


class BulkAnswerSerializer(serializers.Serializer[Any]):
    """The results in the order of the tickets."""

    results = BulkResultSerializer(many=True)

    class Meta:
        swagger_schema_fields = {
            "example": {"results": [{"request_id": 12, "status": 200, "error": None}]}
        }


class BulkView(RepeatableView):
    """Do one thing to many tickets."""

    @swagger_auto_schema(request_body=BulkSerializer, responses={200: BulkAnswerSerializer})
    def post(self, request: Request) -> Response:
        """Do one thing to up to 200 requests, each on its own, in the order given.

        `assign` needs `operator_id` (any operator's; null gives back), `tag` and `untag` a `tag`,
        `priority` a `priority`, `snooze` a `snoozed_until` (null wakes); `close` and `reopen` need
        nothing more. A bad value is refused for all. Otherwise each request has the status and
        the error that it would have by itself; what fails for one changes nothing for the others.
        Under an `Idempotency-Key` all are one transaction, so that its answer is kept with them.
        """
        serializer = BulkSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given, by = serializer.validated_data, current_operator(request)
        action = Action(given["action"])
        value = given[VALUES[action]] if action in VALUES else None
        if has_key(request):  # then all of them are one transaction
            ticket_ids = {item["request_id"] for item in given["requests"]}
            tickets = lock_requesters_and_tickets(ticket_ids=ticket_ids)
            tickets_locked.send(sender=Ticket, tickets=list(tickets.values()))
        act = partial(apply_action, action, value, by=by)
        return Response({"results": results_of(self, given["requests"], act)})


def results_of(
    view: APIView, items: Sequence[Mapping[str, Any]], act: Callable[..., object]
) -> list[dict[str, Any]]:
    """Do one thing to each ticket, and return what became of each.

    items: each with `request_id` and `version`. act: takes these as `ticket_id` and `version`.
    """
    results = []
    for item in items:
        code, error = status.HTTP_200_OK, None
        try:
            act(ticket_id=item["request_id"], version=item["version"])
        except (APIException, Http404) as refusal:
            answer = view.get_exception_handler()(refusal, view.get_exception_handler_context())
            code, error = answer.status_code, answer.data["error"]
        results.append({"request_id": item["request_id"], "status": code, "error": error})
    return results


urlpatterns = [path("requests/bulk/", BulkView.as_view(), name="bulk")]
