"""The WSGI application: `gunicorn config.wsgi`."""

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_CHARSET = re.compile(r";\s*charset\*?\s*=[^;]*", re.I)
# Twice the webhook's limit: enough for a body that is a little too large.
_MOST_DRAINED_BYTES = 100 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Pass the request to Django without the charset of its Content-Type.

    Every body is read as UTF-8, as JSON must be (RFC 8259, 8.1). With the name of a Python codec
    that is not for text, such as hex or zlib, Django would fail outside its error handling.
    """
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
    answer = _django(environ, start_response)
    _drain(environ["wsgi.input"])
    return answer


def _drain(body: IO[bytes]) -> None:
    """Read what is left of a refused body, up to `_MOST_DRAINED_BYTES`.

    Closing a connection with unread bytes resets it: a caller that is still sending would see a
    broken pipe instead of the answer (RFC 9112, 9.6).
    """
    with suppress(OSError):  # the caller has closed the connection
        for _ in range(_MOST_DRAINED_BYTES // _CHUNK_BYTES):
            if not body.read(_CHUNK_BYTES):
                return
