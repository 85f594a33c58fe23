"""Answer errors, Django's own included, as `{"error": {"code", "message", "fields"}}`.

An exception with `extra`, a dictionary, has its keys beside these.
"""

import sys
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, InternalError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
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

# The name in `fields` for a problem that is not about one field.
NON_FIELD = str(api_settings.NON_FIELD_ERRORS_KEY)

# DRF's messages that its Russian catalogue lacks; here `manage.py translations` finds them.
UNTRANSLATED = (
    gettext_lazy("Not a valid string."),
    gettext_lazy("Must be a valid boolean."),
    gettext_lazy("Surrogate characters are not allowed: U+{code_point:X}."),
    gettext_lazy("Ensure this field has no more than {max_length} elements."),
)


class PayloadTooLarge(APIException):
    """The body exceeds DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"
    default_detail = gettext_lazy("The request's body is too large; send it in smaller parts.")


class Unavailable(APIException):
    """The database does not answer, or does not accept writes."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = gettext_lazy(
        "The database does not answer; nothing was stored. Try again soon."
    )
    wait = 5  # seconds; DRF sends it as Retry-After


def error_body(
    code: str, message: str, fields: dict[str, Any] | None = None, **extra: Any
) -> dict[str, Any]:
    """Return the JSON that every error has."""
    return {"error": {"code": code, "message": message, "fields": fields or {}, **extra}}


def api_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of an API view into an answer (DRF's `EXCEPTION_HANDLER`).

    Return None for any other exception: Django logs it and calls `server_error`.
    """
    if isinstance(error, RequestDataTooBig):
        error = PayloadTooLarge()
    elif isinstance(error, Http404):
        error = NotFound()  # Django's message is English and names the model
    elif isinstance(error, UnsupportedMediaType):
        error = UnsupportedMediaType("…")  # without quoting what the caller sent
    elif _is_of_the_database(error):
        log.error("database_unavailable", error=type(error).__name__)
        error = Unavailable()
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        fields = _flatten(error.detail)
        if list(fields) == [NON_FIELD]:
            message = " ".join(fields[NON_FIELD])
        else:
            message = _("The request is wrong in: %(fields)s.") % {"fields": ", ".join(fields)}
        response.data = error_body("invalid", message, fields)
        return response
    detail = response.data.get("detail", "")
    extra = getattr(error, "extra", {})
    response.data = error_body(getattr(detail, "code", "error"), str(detail), **extra)
    return response


def _flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Return the problems by the path of their field, such as `ids.1` for an item of a list."""
    if not isinstance(detail, dict):
        return {path or NON_FIELD: [str(problem) for problem in detail]}
    problems: dict[str, list[str]] = {}
    for key, inner in detail.items():
        problems |= _flatten(inner, f"{path}.{key}" if path else str(key))
    return problems


def _is_of_the_database(error: BaseException | None) -> bool:
    """Return whether the database is away, or is a standby, as it can be during a failover."""
    is_read_only = isinstance(error, InternalError) and isinstance(
        error.__cause__, ReadOnlySqlTransaction
    )
    return is_read_only or isinstance(error, (OperationalError, InterfaceError))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a malformed request (Django's `handler400`)."""
    return _answer(
        request, 400, "bad_request", _("The request is malformed or names an unknown host.")
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a forbidden request (Django's `handler403`)."""
    return _answer(request, 403, "permission_denied", _("You may not do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a valid CSRF token (Django's `CSRF_FAILURE_VIEW`)."""
    message = _("The form has expired; reload the page and send it again.")
    return _answer(request, 403, "csrf_failed", message)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for an unknown address (Django's `handler404`)."""
    return _answer(
        request, 404, "not_found", _("There is nothing at this address; /docs/ lists what is.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a request that caused an unhandled exception (Django's `handler500`)."""
    if _is_of_the_database(sys.exc_info()[1]):  # its session was read before a view began
        error = Unavailable()
        answer = _answer(request, error.status_code, error.default_code, str(error.detail))
        answer["Retry-After"] = str(error.wait)
        return answer
    return _answer(
        request, 500, "server_error", _("Something went wrong here; it has been logged.")
    )


def _answer(request: HttpRequest, status_code: int, code: str, message: str) -> HttpResponse:
    """Answer a page to a browser at the desk, and JSON to everybody else."""
    problem = error_body(code, message)
    if request.path.startswith("/desk/"):
        shown = {"problem": {"status": status_code, **problem["error"]}}
        return HttpResponse(render_to_string("desk/error.html", shown), status=status_code)
    return JsonResponse(problem, status=status_code)
