"""What a ticket's state refuses, and what its files cannot do now."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class NotAllowedInThisStatus(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "not_allowed_in_this_status"
    default_detail = _("The ticket's status does not allow this.")


class StoreUnavailable(APIException):
    """Files cannot be written or read now; it is no fault of theirs."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = _("The file storage does not answer or is full; try again soon.")
    wait = 30


class FilesTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"
