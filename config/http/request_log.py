"""Log one line per request, with an id that its other log lines and its mail carry."""

import re
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars

from mailing.models import new_trace

log = structlog.get_logger(__name__)

_WELL_FORMED = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_UNLOGGED = ("/healthz", "/readyz", "/metrics")  # called every few seconds


class RequestLog:
    """Middleware that keeps a well-formed `X-Request-ID` or makes one, and returns it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        trace = given if _WELL_FORMED.fullmatch(given) else new_trace()
        began = time.monotonic()
        with bound_contextvars(trace=trace):
            response = self._get_response(request)
            if request.path not in _UNLOGGED or response.status_code >= 500:
                log.info(
                    "request",
                    method=request.method,
                    path=request.path,  # without the query string, which may name a requester
                    status=response.status_code,
                    milliseconds=round((time.monotonic() - began) * 1000),
                    operator=getattr(getattr(request, "user", None), "pk", None),
                    **_describe_stored_mail(request, trace),
                )
        response["X-Request-ID"] = trace
        return response


def _describe_stored_mail(request: HttpRequest, trace: str) -> dict[str, str]:
    """Return the ids and traces of the mails that a call of the webhook stored.

    They are in this line, since a line of their own would take a tenth of the call's time.
    """
    stored = getattr(request, "stored_mail", ())
    if not stored:
        return {}
    return {
        "inbound": " ".join(str(mail.id) for mail in stored),
        "trace": " ".join([trace, *(mail.trace for mail in stored)]),
    }
