"""What gunicorn answers to what is no HTTP: JSON as everywhere, and nothing of what was sent."""

import json
import socket

from django.utils.translation import gettext as _
from gunicorn import util

from config.http.csp import HEADER, NOTHING
from config.http.errors import body

_CODES = {414: "uri_too_long", 431: "headers_too_large", 500: "server_error"}


def answer(client: socket.socket, status: int, reason: str, words: str) -> None:
    """Send an error in place of `gunicorn.util.write_error`, whose page repeats the request.

    The language is the desk's own: the caller's headers could not be read.
    """
    code = _CODES.get(status, "bad_request")
    if code == "server_error":
        message = _("Something went wrong here; it has been logged.")
    elif code == "bad_request":
        message = _("The request is malformed or names an unknown host.")
    else:
        message = _("The request's address or headers are too long.")
    content = json.dumps(body(code, message)).encode()
    head = [
        f"HTTP/1.1 {status} {reason}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "X-Content-Type-Options: nosniff",
        f"{HEADER}: {NOTHING}",
    ]
    util.write_nonblock(client, "\r\n".join(head).encode() + b"\r\n\r\n" + content)
