"""A real gunicorn answers malformed and too long requests in JSON, and logs nothing of them."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.processes.ports import HOST, free_ports
from tests import processes

pytestmark = pytest.mark.slow

PLANTED = "planted-token"
HOST_LINE = "Host: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Return the port and the log of a web server."""
    (port,) = free_ports(1)
    folder = tmp_path_factory.mktemp("web")
    arguments = ["gunicorn", "config.wsgi", "--bind", f"{HOST}:{port}", "--no-control-socket"]
    env = {**os.environ, "LOG_FORMAT": "json"}
    with processes.running("web", *arguments, folder=folder, env=env, ready="Booting worker"):
        yield port, folder / "web.log"


def send(port: int, request: str) -> tuple[str, str]:
    """Send a request and return head and body of the answer."""
    with socket.create_connection((HOST, port), timeout=30) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as file:
            head, _blank, content = file.read().decode().partition("\r\n\r\n")
    return head, content


@pytest.mark.parametrize(
    ("request_text", "status", "code"),
    [
        (f"GET /?token={PLANTED} x HTTP/1.1\r\n{HOST_LINE}", 400, "bad_request"),
        (f"GET / HTTP/1.1\r\n{PLANTED} : x\r\n{HOST_LINE}", 400, "bad_request"),
        (f"GET / HTTP/1.1\r\nExpect: {PLANTED}\r\n{HOST_LINE}", 417, "bad_request"),
        (f"GET /{PLANTED * 500} HTTP/1.1\r\n{HOST_LINE}", 414, "uri_too_long"),
        (f"GET / HTTP/1.1\r\nX: {PLANTED * 2000}\r\n{HOST_LINE}", 431, "headers_too_large"),
    ],
)
def test_a_malformed_request_gets_a_json_error_and_is_quoted_nowhere(
    gunicorn: tuple[int, Path], request_text: str, status: int, code: str
) -> None:
    port, log = gunicorn

    head, content = send(port, request_text)

    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "Content-Type: application/json" in head
    assert "Content-Security-Policy: default-src 'none'" in head
    error = json.loads(content)["error"]
    assert (error["code"], error["fields"]) == (code, {})
    assert error["message"]
    assert PLANTED not in content
    assert PLANTED not in log.read_text()
