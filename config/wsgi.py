"""The WSGI application: `gunicorn config.wsgi`."""

import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_CHARSET = re.compile(r";\s*charset\*?\s*=[^;]*", re.I)
# Twice what the webhook takes: enough for a caller that is a little over.
_MOST_LEFT_BYTES = 100 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Pass the request to Django without the charset that its Content-Type names.

    Everything is read as UTF-8, as JSON must be (RFC 8259, 8.1). Django would fail, outside all its
    error pages, on the names of Python codecs that are none for text, such as hex or zlib.
    """
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = _CHARSET.sub("", environ["CONTENT_TYPE"])
    answer = _django(environ, start_response)
    _read_the_rest(environ["wsgi.input"])
    return answer


def _read_the_rest(body: IO[bytes]) -> None:
    """Take in what nobody read of a refused body, up to `_MOST_LEFT_BYTES`.

    A server that closes a connection with bytes still unread resets it: the caller, busy sending,
    would see a broken pipe and never the answer (RFC 9112, 9.6).
    """
    with suppress(OSError):  # the caller is gone
        for _ in range(_MOST_LEFT_BYTES // _CHUNK_BYTES):
            if not body.read(_CHUNK_BYTES):
                return
