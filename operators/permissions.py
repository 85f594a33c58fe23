"""DRF permissions: for supervisors, and for operators who act in their own name."""

from rest_framework.exceptions import ValidationError
from rest_framework.fields import IntegerField
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from operators.models import Operator


def is_supervisor(request: Request) -> bool:
    """Return whether a supervisor sent the request."""
    return isinstance(request.user, Operator) and request.user.is_supervisor


class IsSupervisor(BasePermission):
    """Allows supervisors only."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_supervisor(request)


class IsSupervisorOrReadOnly(BasePermission):
    """Allows supervisors everything, and everybody else safe methods."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or is_supervisor(request)


class ActsAsSelf(BasePermission):
    """Allows requests whose `operator_id`, in the path or the body, is the caller's own."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if "operator_id" in view.kwargs:
            return bool(view.kwargs["operator_id"] == request.user.pk)
        if not isinstance(request.data, dict) or "operator_id" not in request.data:
            return True  # the serializer answers that the id is missing
        try:
            claimed = IntegerField().run_validation(request.data["operator_id"])
        except ValidationError:
            return True  # the serializer answers that the id is invalid
        return bool(claimed == request.user.pk)
