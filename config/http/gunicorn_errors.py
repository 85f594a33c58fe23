"""Answer malformed HTTP with a JSON error that quotes nothing of the request."""

import json
import socket

from django.utils.translation import gettext as _
from gunicorn import util

from config.http.csp import HEADER, NOTHING
from config.http.errors import error_body

_CODES = {414: "uri_too_long", 431: "headers_too_large", 500: "server_error"}


def send_error(client: socket.socket, status: int, reason: str, message: str) -> None:
    """Replace `gunicorn.util.write_error`, whose page quotes the request in `message`.

    The language is LANGUAGE_CODE, because the caller's headers could not be read.
    """
    code = _CODES.get(status, "bad_request")
    if code == "server_error":
        text = _("Something went wrong here; it has been logged.")
    elif code == "bad_request":
        text = _("The request is malformed or names an unknown host.")
    else:
        text = _("The request's address or headers are too long.")
    content = json.dumps(error_body(code, text)).encode()
    head = [
        f"HTTP/1.1 {status} {reason}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "X-Content-Type-Options: nosniff",
        f"{HEADER}: {NOTHING}",
    ]
    util.write_nonblock(client, "\r\n".join(head).encode() + b"\r\n\r\n" + content)
