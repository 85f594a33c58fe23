"""What every log line goes through: one form, and nothing in it that people wrote."""

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

# gunicorn repeats what it could not read, and an address with its query.
_REPEATING = re.compile(r"(Invalid request from ip=\S*|Error handling request \S+).*", re.DOTALL)
# They end a line of the log, or move the cursor of whoever reads it in a terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def processors(secrets: Iterable[str]) -> list[Processor]:
    """Return what turns an event into a line's values, our own and other libraries' alike.

    secrets: values that stand in no line, whoever writes it.
    """
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_the_callers_words,
        place_of_exception,
        _Mask(secrets),
    ]


def place_of_exception(logger: Any, method: str, event: Event) -> Event:
    """Put an exception's type and place into the line, and not its words.

    A database's or a codec's words quote what it stumbled over: an address, a mail.
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
    event["exception"] = _told(info[1], info[2])
    if "_record" in event and event.get("_from_structlog") is not True:
        # Celery and Django put the exception's words into the line itself.
        event["event"] = str(event["event"]).partition(": ")[0].splitlines()[0]
    return event


def without_the_callers_words(logger: Any, method: str, event: Event) -> Event:
    """Cut what gunicorn quotes of a request off its line."""
    if event.get("logger") == "gunicorn.error":
        event["event"] = _REPEATING.sub(r"\1", str(event["event"]))
    return event


class _Mask:
    """Takes addresses and known secrets out of every text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if len(secret) >= 6]

    def __call__(self, logger: Any, method: str, event: Event) -> Event:
        for name, value in event.items():
            if isinstance(value, str):
                event[name] = self._masked(value)
            elif not isinstance(value, (int, float, bool, type(None))) and name[0] != "_":
                event[name] = self._masked(str(value))
        return event

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return _CONTROL.sub(" ", mask_addresses(text))


def _told(error: BaseException | None, trace: TracebackType | None) -> str:
    """Return `Type at file:line in function < file:line in function …`, the innermost first."""
    frames = [
        f"{frame.filename}:{frame.lineno} in {frame.name}"
        for frame in reversed(traceback.extract_tb(trace))
    ]
    name = type(error).__name__
    cause = error.__cause__ if error else None
    behind = f" from {_told(cause, cause.__traceback__)}" if cause else ""
    return f"{name} at {' < '.join(frames[:20])}{behind}"
