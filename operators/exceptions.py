"""Errors of the operators' services with their HTTP status, and the base of all conflicts."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The request conflicts with the present state (RFC 9110, 15.5.10)."""

    status_code = status.HTTP_409_CONFLICT


class LastSupervisor(Conflict):
    """The change would leave no active supervisor."""

    default_code = "last_supervisor"
    default_detail = _("This is the last active supervisor; make somebody else one first.")


class OperatorInactive(Conflict):
    """A deactivated operator gets no token."""

    default_code = "operator_inactive"
    default_detail = _("The operator is deactivated; activate it first.")
