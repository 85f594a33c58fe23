"""Errors of the operators' services, with their HTTP status."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class LastSupervisor(APIException):
    """The change would leave no active supervisor."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "last_supervisor"
    default_detail = _("This is the last active supervisor; make somebody else one first.")


class OperatorInactive(APIException):
    """A deactivated operator gets no token."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "operator_inactive"
    default_detail = _("The operator is deactivated; activate it first.")
