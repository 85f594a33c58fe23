"""Sentry gets the type and place of an error, and nothing that people wrote."""

import gzip
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config.monitoring.sentry import remove_personal_data
from tests import processes
from tests.paths import ROOT

pytestmark = pytest.mark.slow

PLANTED = ("planted@example.com", "planted-body", "planted-subject")

_FAIL = """
import django
django.setup()
import logging, structlog
from django.test import RequestFactory, Client
import mailing.inbound.processing

log = structlog.get_logger("mailing.inbound.processing")
body = "planted-body"
try:
    raise ValueError(f"{body} of planted@example.com")
except ValueError:
    log.exception("mail_failed", inbound=7, subject="planted-subject")
log.error("outage_began", code="script", reason="silent: planted@example.com")
import sentry_sdk
sentry_sdk.flush(5)
"""


@pytest.fixture
def sink() -> Iterator[tuple[str, list[bytes]]]:
    """Yield the DSN of a Sentry on the loopback, and the envelopes it received."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            received.append(gzip.decompress(body) if zipped else body)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", received
    server.shutdown()
    thread.join()
    server.server_close()


def run(**env: str) -> None:
    subprocess.run(
        [sys.executable, "-c", _FAIL],
        cwd=ROOT,
        env=processes.environment(DJANGO_SETTINGS_MODULE="config.settings", **env),
        check=True,
        capture_output=True,
    )


@pytest.mark.django_db
def test_errors_and_outages_are_reported_without_data_of_people(
    sink: tuple[str, list[bytes]],
) -> None:
    dsn, received = sink

    run(SENTRY_DSN=dsn)

    everything = b"\n".join(received).decode()
    assert "ValueError" in everything
    assert "mail_failed" in everything
    assert "outage_began" in everything
    assert not [word for word in PLANTED if word in everything]
    events = [line for line in everything.splitlines() if '"event_id"' in line and "level" in line]
    assert {json.loads(line)["level"] for line in events} == {"error"}


@pytest.mark.django_db
def test_without_a_dsn_nothing_is_reported(sink: tuple[str, list[bytes]]) -> None:
    _dsn, received = sink

    run(SENTRY_DSN="")

    assert received == []


def test_an_event_keeps_the_place_and_loses_the_messages() -> None:
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, {"event": "a", "code": "b"}, (), None)
    record.msg = {"event": "mail_failed", "inbound": 7, "subject": PLANTED[2]}
    event = {
        "request": {"query_string": PLANTED[0]},
        "exception": {"values": [{"type": "ValueError", "value": PLANTED[1]}]},
        "logentry": {"message": PLANTED[1]},
        "message": f"to {PLANTED[0]}",
    }

    cleaned = remove_personal_data(event, {"log_record": record})

    assert cleaned == {
        "exception": {"values": [{"type": "ValueError", "value": ""}]},
        "logentry": {"message": "mail_failed inbound=7"},
        "message": "to …@…",
    }
    other = remove_personal_data({"logentry": {"message": PLANTED[1]}}, {})
    assert other == {"logentry": {"message": ""}}
