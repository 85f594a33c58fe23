"""Every error as `{"error": {"code", "message", "fields"}}`, Django's own pages included."""

from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg2.errors import ReadOnlySqlTransaction
from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    NotFound,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

log = structlog.get_logger(__name__)

# Where a problem stands that is not about one field.
WHOLE = str(api_settings.NON_FIELD_ERRORS_KEY)

# What DRF says and its own Russian catalogue lacks: named here, these stand in ours.
UNTRANSLATED = (
    gettext_lazy("Not a valid string."),
    gettext_lazy("Must be a valid boolean."),
    gettext_lazy("Surrogate characters are not allowed: U+{code_point:X}."),
    gettext_lazy("Ensure this field has no more than {max_length} elements."),
)


class PayloadTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"

    def __init__(self) -> None:
        super().__init__(_("The request's body is too large; send it in smaller parts."))


class Unavailable(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    wait = 5

    def __init__(self) -> None:
        super().__init__(_("The database does not answer; nothing was stored. Try again soon."))


def body(code: str, message: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the one form that all errors have."""
    return {"error": {"code": code, "message": message, "fields": fields or {}}}


def api_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception raised in an API view (DRF's `EXCEPTION_HANDLER`).

    Anything unknown is left to Django, which logs it and calls `server_error`.
    """
    if isinstance(error, RequestDataTooBig):
        error = PayloadTooLarge()
    elif isinstance(error, Http404):
        error = NotFound()  # Django's own words are English and name the model
    elif isinstance(error, UnsupportedMediaType):
        error = UnsupportedMediaType("…")  # what the caller sent is not repeated
    elif isinstance(error, (OperationalError, InterfaceError)) or _only_reads(error):
        log.error("database_unavailable", error=type(error).__name__)
        error = Unavailable()
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        fields = _problems(error.detail)
        if list(fields) == [WHOLE]:
            message = " ".join(fields[WHOLE])
        else:
            message = _("The request is wrong in: %(fields)s.") % {"fields": ", ".join(fields)}
        response.data = body("invalid", message, fields)
        return response
    detail = response.data.get("detail", "")
    response.data = body(getattr(detail, "code", "error"), str(detail))
    return response


def _problems(detail: Any, place: str = "") -> dict[str, list[str]]:
    """Return what is wrong by place; a place inside a list or an object has a path as its name."""
    if isinstance(detail, dict):
        inner = {f"{place}.{key}" if place else str(key): each for key, each in detail.items()}
        return {
            name: told
            for path, each in inner.items()
            for name, told in _problems(each, path).items()
        }
    return {place or WHOLE: [str(problem) for problem in detail]}


def _only_reads(error: Exception) -> bool:
    """Tell whether the database is a standby, as in the middle of a failover."""
    return isinstance(error, InternalError) and isinstance(error.__cause__, ReadOnlySqlTransaction)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    return _page(400, "bad_request", _("The request is malformed or names an unknown host."))


def permission_denied(request: HttpRequest, exception: Exception) -> JsonResponse:
    return _page(403, "permission_denied", _("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    return _page(403, "csrf_failed", _("The form has expired; reload the page and send it again."))


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return _page(404, "not_found", _("There is nothing at this address; /docs/ lists what is."))


def server_error(request: HttpRequest) -> JsonResponse:
    return _page(500, "server_error", _("Something went wrong here; it has been logged."))


def _page(status_code: int, code: str, message: str) -> JsonResponse:
    return JsonResponse(body(code, message), status=status_code)
