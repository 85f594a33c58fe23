"""What the rules about operators refuse."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class LastSupervisor(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "last_supervisor"
    default_detail = _("This is the last active supervisor; make somebody else one first.")


class OperatorInactive(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "operator_inactive"
    default_detail = _("The operator is deactivated; activate it first.")
