"""Errors of the operators' API with their HTTP status, and the base of all conflicts."""

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


class RequestUnderWay(Conflict):
    """The first request under this `Idempotency-Key` has no answer yet."""

    default_code = "request_under_way"
    default_detail = _("The first request under this Idempotency-Key is still under way.")
    wait = 1  # seconds; DRF sends it as Retry-After


class TokenIsIssued(Conflict):
    """The answer with a token's text is not stored, and so cannot be given again."""

    default_code = "token_is_issued"
    default_detail = _(
        "The token was issued, and its text was in the first answer alone. If that was lost, revoke"
        " the token and issue another one under a new Idempotency-Key."
    )


class KeyOfAnotherRequest(APIException):
    """The `Idempotency-Key` was used for a request with another method, path or body."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "key_of_another_request"
    default_detail = _("This Idempotency-Key was used for another request; choose a new one.")
