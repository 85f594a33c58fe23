"""Errors to Sentry, if there is a DSN: what happened and where, never with what data."""

from typing import Any

import sentry_sdk
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.utils import BadDsn

from config.environment import stop
from operators.masking import mask_addresses

_MAX_CHARACTERS = 2000
_TOLD = ("code", "reason", "inbound", "outbound", "attempt", "task", "error", "trace")


def start(dsn: str) -> None:
    """Report unhandled errors and what is logged as an error; a bad DSN stops the start."""
    try:
        sentry_sdk.init(
            dsn=dsn,
            send_default_pii=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            before_send=without_data,
        )
    except BadDsn:
        stop("SENTRY_DSN must be a project's DSN as https://key@sentry.example/7.")
    ignore_logger("django.security.DisallowedHost")  # whoever scans the network causes it


def without_data(event: Any, hint: Any) -> Any:
    """Return the event without what a requester or an operator may have written.

    Exceptions keep their type and place; their words may quote a mail or a row of the database.
    """
    for name in ("request", "user", "extra", "breadcrumbs", "server_name"):
        event.pop(name, None)
    for exception in event.get("exception", {}).get("values", []):
        exception["value"] = ""
    if "logentry" in event:
        record = hint.get("log_record")
        event["logentry"] = {"message": _told(record.msg if record else "")}
    if "message" in event:
        event["message"] = mask_addresses(str(event["message"]))[:_MAX_CHARACTERS]
    return event


def _told(logged: Any) -> str:
    """Return a log event's name and what may be told of it: other values may be anybody's."""
    if not isinstance(logged, dict):
        return mask_addresses(str(logged))[:_MAX_CHARACTERS]
    values = [f"{name}={logged[name]}" for name in _TOLD if name in logged]
    return mask_addresses(" ".join([str(logged.get("event", "")), *values]))[:_MAX_CHARACTERS]
