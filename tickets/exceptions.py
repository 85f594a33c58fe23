"""What a ticket's state refuses."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class NotAllowedInThisStatus(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "not_allowed_in_this_status"
    default_detail = _("The ticket's status does not allow this.")
