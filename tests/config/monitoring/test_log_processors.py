"""What stands in a log line, and what never does."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from config.monitoring import log_processors
from operators.masking import masked

SECRET = "s3cret-value"
ADDRESS = "ivan.petrov+desk@mail.example.com"


@pytest.fixture
def line(caplog: pytest.LogCaptureFixture) -> Callable[[Callable[[], None]], dict[str, Any]]:
    """Return a function that gives the line which a call writes as it stands in production."""
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
        told: dict[str, Any] = json.loads(formatter.format(record))
        return told

    return written


def fail() -> None:
    try:
        raise KeyError(f"row of {ADDRESS}")
    except KeyError as error:
        raise ValueError(f"body of {ADDRESS}, {SECRET}") from error


def test_an_exception_is_told_by_its_type_and_place_alone(line: Any) -> None:
    def call() -> None:
        try:
            fail()
        except ValueError:
            logging.getLogger("other").exception("Task x raised unexpected: %r", ADDRESS)

    told = line(call)

    assert told["event"] == "Task x raised unexpected"
    assert told["exception"].startswith("ValueError at ")
    assert "test_log_processors.py" in told["exception"]
    assert " from KeyError at " in told["exception"]
    assert "body of" not in str(told)
    assert "ivan" not in str(told)


def test_addresses_and_secrets_are_masked_wherever_they_stand(line: Any) -> None:
    words = f"550 <{ADDRESS}> unknown, password {SECRET}"

    told = line(lambda: logging.getLogger("other").warning("server said %s", words))

    assert told["event"] == "server said 550 <…@…> unknown, password ***"
    assert told["level"] == "warning"


def test_values_that_are_no_text_are_told_as_text(line: Any) -> None:
    told = line(lambda: logging.getLogger("other").warning({"event": "x", "ids": [1, ADDRESS]}))

    assert ADDRESS not in str(told)


@pytest.mark.parametrize("text", ["a@" * 50_000, "@" * 100_000, "a" * 100_000, "a.b@c." * 20_000])
def test_masking_a_hostile_text_ends(text: str) -> None:
    assert ADDRESS not in masked(f"{text} {ADDRESS}")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (
            "Invalid request from ip=::1: Invalid HTTP request line: 'GET /?token=s HTTP'",
            "Invalid request from ip=::1:",
        ),
        ("Error handling request GET /x?email=ivan", "Error handling request GET"),
        ("Worker exiting (pid: 7)", "Worker exiting (pid: 7)"),
    ],
)
def test_gunicorn_repeats_nothing_of_a_request(line: Any, told: str, kept: str) -> None:
    assert line(lambda: logging.getLogger("gunicorn.error").warning(told))["event"] == kept


def test_no_text_ends_a_line_or_moves_a_cursor(line: Any) -> None:
    words = "Not Found: /a\r\nlevel=error\x1b[2J\x00\u2028b\x85"

    told = line(lambda: logging.getLogger("django.request").warning(words))

    assert told["event"] == "Not Found: /a level=error [2J b "
