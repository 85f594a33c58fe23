"""Report errors to Sentry if a DSN is set: their type and traceback, without personal data."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.utils import BadDsn

from config.environment import stop
from operators.masking import mask_addresses

_MAX_CHARACTERS = 2000
# The values of a log event that hold nothing that people wrote.
_REPORTED_VALUES = ("code", "reason", "inbound", "outbound", "attempt", "task", "error", "trace")


def start(dsn: str) -> None:
    """Report unhandled errors and log lines of level error; an invalid DSN stops the start."""
    try:
        sentry_sdk.init(
            dsn=dsn,
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            before_send=remove_personal_data,
        )
    except BadDsn:
        stop("SENTRY_DSN must be a project's DSN as https://key@sentry.example/7.")
    ignore_logger("django.security.DisallowedHost")  # port scanners cause it all day


def remove_personal_data(event: Any, hint: Any) -> Any:
    """Return the event without anything that a requester or an operator may have written.

    Exceptions keep their type and traceback; their messages may quote a mail or a database row.
    """
    for name in ("request", "user", "extra", "breadcrumbs", "server_name"):
        event.pop(name, None)
    for exception in event.get("exception", {}).get("values", []):
        exception["value"] = ""
    if "logentry" in event:
        record = hint.get("log_record")
        event["logentry"] = {"message": _format_log_event(record.msg if record else "")}
    if "message" in event:
        event["message"] = _shorten(str(event["message"]))
    return event


def _format_log_event(logged: Any) -> str:
    """Return a log event's name and those of its values that may be reported."""
    if not isinstance(logged, dict):
        return _shorten(str(logged))
    values = [f"{name}={logged[name]}" for name in _REPORTED_VALUES if name in logged]
    return _shorten(" ".join([str(logged.get("event", "")), *values]))


def _shorten(text: str) -> str:
    return mask_addresses(text)[:_MAX_CHARACTERS]
