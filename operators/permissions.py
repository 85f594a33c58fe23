"""What a caller may do."""

from rest_framework.exceptions import ValidationError
from rest_framework.fields import IntegerField
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from operators.models import Operator


def is_supervisor(request: Request) -> bool:
    return isinstance(request.user, Operator) and request.user.is_supervisor


class IsSupervisor(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_supervisor(request)


class IsSupervisorOrReads(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or is_supervisor(request)


class ActsAsSelf(BasePermission):
    """The `operator_id` in the path, or else in the body, is the caller's own."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if "operator_id" in view.kwargs:
            return bool(view.kwargs["operator_id"] == request.user.pk)
        if not isinstance(request.data, dict) or "operator_id" not in request.data:
            return True  # no id at all is bad input, for which the serializer has the words
        try:
            claimed = IntegerField().run_validation(request.data["operator_id"])
        except ValidationError:
            return True  # so is what is no number
        return bool(claimed == request.user.pk)
