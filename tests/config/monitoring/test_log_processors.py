"""Log lines hold types, places and ids, and no address, secret or text of people."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from config.monitoring import log_processors
from operators.masking import mask_addresses

SECRET = "s3cret-value"
ADDRESS = "ivan.petrov+desk@mail.example.com"


@pytest.fixture
def line(caplog: pytest.LogCaptureFixture) -> Callable[[Callable[[], None]], dict[str, Any]]:
    """Return a function that returns the log line that a call writes, as in production."""
    chain = log_processors.processors([SECRET])
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=chain,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )

    def written(call: Callable[[], None]) -> dict[str, Any]:
        caplog.clear()
        call()
        (record,) = caplog.records
        values: dict[str, Any] = json.loads(formatter.format(record))
        return values

    return written


def fail() -> None:
    try:
        raise KeyError(f"row of {ADDRESS}")
    except KeyError as error:
        raise ValueError(f"body of {ADDRESS}, {SECRET}") from error


def test_an_exception_is_logged_by_its_type_and_place_only(line: Any) -> None:
    def call() -> None:
        try:
            fail()
        except ValueError:
            logging.getLogger("other").exception("Task x raised unexpected: %r", ADDRESS)

    logged = line(call)

    assert logged["event"] == "Task x raised unexpected"
    assert logged["exception"].startswith("ValueError at ")
    assert "test_log_processors.py" in logged["exception"]
    assert " from KeyError at " in logged["exception"]
    assert "body of" not in str(logged)
    assert "ivan" not in str(logged)


def test_addresses_and_secrets_are_masked_anywhere(line: Any) -> None:
    text = f"550 <{ADDRESS}> unknown, password {SECRET}"

    logged = line(lambda: logging.getLogger("other").warning("server said %s", text))

    assert logged["event"] == "server said 550 <…@…> unknown, password ***"
    assert logged["level"] == "warning"


def test_values_of_other_types_are_masked_as_text(line: Any) -> None:
    logged = line(lambda: logging.getLogger("other").warning({"event": "x", "ids": [1, ADDRESS]}))

    assert ADDRESS not in str(logged)


@pytest.mark.parametrize("text", ["a@" * 50_000, "@" * 100_000, "a" * 100_000, "a.b@c." * 20_000])
def test_masking_a_hostile_text_takes_no_long_time(text: str) -> None:
    assert ADDRESS not in mask_addresses(f"{text} {ADDRESS}")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "Invalid request from ip=::1: Invalid HTTP request line: 'GET /?token=s HTTP'",
            "Invalid request from ip=::1:",
        ),
        ("Error handling request GET /x?email=ivan", "Error handling request GET"),
        ("Worker exiting (pid: 7)", "Worker exiting (pid: 7)"),
    ],
)
def test_a_request_that_gunicorn_quotes_is_cut_off(line: Any, message: str, expected: str) -> None:
    assert line(lambda: logging.getLogger("gunicorn.error").warning(message))["event"] == expected


def test_control_characters_are_removed(line: Any) -> None:
    text = "Not Found: /a\r\nlevel=error\x1b[2J\x00\u2028b\x85"

    logged = line(lambda: logging.getLogger("django.request").warning(text))

    assert logged["event"] == "Not Found: /a level=error [2J b "
