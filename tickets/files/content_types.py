"""Detect the type of a file from its first bytes, regardless of its name."""

import threading

import pylibmagic  # noqa: F401 - sets the path of its libmagic for `magic`

# isort: split
import magic

SNIFFED_BYTES = 65_536

# libmagic's handles must not be shared between threads.
_thread = threading.local()


def sniff_content_type(head: bytes) -> str:
    """Return the MIME type of a file that begins with these bytes; never raises."""
    if not hasattr(_thread, "magic"):
        _thread.magic = magic.Magic(mime=True)
    try:
        return str(_thread.magic.from_buffer(head))[:255]
    except magic.MagicException:
        return "application/octet-stream"
