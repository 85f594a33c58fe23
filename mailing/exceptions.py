"""Errors that the API answers about mail."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class NotAllowedForThisMail(APIException):
    """The mail's state does not allow the action."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_allowed_for_this_mail"
    default_detail = _("The mail's state does not allow this.")


class AlreadyBlocked(APIException):
    """The address or domain is blocked already."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "already_blocked"
    default_detail = _("This address or domain is blocked already.")
