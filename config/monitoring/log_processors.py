"""Processors that give every log line the same form and remove personal data from it."""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import Processor

from operators.masking import mask_addresses

Event = MutableMapping[str, Any]

# gunicorn quotes a request that it could not parse, and a URL with its query string.
_QUOTED_REQUEST = re.compile(
    r"(Invalid request from ip=\S*|Error handling request \S+).*", re.DOTALL
)
# Control characters would end the line, or control the terminal that shows it.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MOST_FRAMES = 20
_SHORTEST_SECRET = 6  # a shorter one would be found within ordinary words


def processors(secrets: Iterable[str]) -> list[Processor]:
    """Return the processors for log events of our own and of other libraries.

    secrets: values that are masked in every line.
    """
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        remove_quoted_request,
        format_exception_without_message,
        _Masking(secrets),
    ]


def format_exception_without_message(logger: Any, method: str, event: Event) -> Event:
    """Log where an exception was raised and its type, without its message.

    Messages of database and codec errors quote data: an address, a mail.
    """
    info = event.pop("exc_info", None)
    if info is True:
        record = event.get("_record")
        info = record.exc_info if isinstance(record, logging.LogRecord) else None
        info = info or sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if not info or info[0] is None:
        return event
    event["exception"] = _format_exception(info[1], info[2])
    if "_record" in event and event.get("_from_structlog") is not True:
        # Celery and Django put the exception's message into the line itself.
        event["event"] = str(event["event"]).partition(": ")[0].splitlines()[0]
    return event


def remove_quoted_request(logger: Any, method: str, event: Event) -> Event:
    """Cut off the part of a request that gunicorn quotes."""
    if event.get("logger") == "gunicorn.error":
        event["event"] = _QUOTED_REQUEST.sub(r"\1", str(event["event"]))
    return event


class _Masking:
    """Masks addresses, known secrets and control characters in every value of an event."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]

    def __call__(self, logger: Any, method: str, event: Event) -> Event:
        for name, value in event.items():
            if isinstance(value, str):
                event[name] = self._mask(value)
            elif not isinstance(value, (int, float, bool, type(None))) and name[0] != "_":
                event[name] = self._mask(str(value))
        return event

    def _mask(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        masked = mask_addresses(text)
        return masked if masked.isprintable() else _CONTROL.sub(" ", masked)


def _format_exception(error: BaseException | None, trace: TracebackType | None) -> str:
    """Return `Type at file:line in function < file:line in function …`, innermost frame first."""
    frames = [
        f"{frame.filename}:{frame.lineno} in {frame.name}"
        for frame in reversed(traceback.extract_tb(trace))
    ]
    cause = error.__cause__ if error else None
    origin = f" from {_format_exception(cause, cause.__traceback__)}" if cause else ""
    return f"{type(error).__name__} at {' < '.join(frames[:_MOST_FRAMES])}{origin}"
