"""What a file is by its first bytes, whatever it is called."""

import threading

import pylibmagic  # noqa: F401 - brings libmagic, and tells `magic` where: so it comes first

# isort: split
import magic

SNIFFED_BYTES = 65_536

_own = threading.local()


def sniffed(head: bytes) -> str:
    """Return the MIME type that the first bytes of a file speak of; it never raises."""
    if not hasattr(_own, "reader"):
        _own.reader = magic.Magic(mime=True)
    try:
        return str(_own.reader.from_buffer(head))[:255]
    except magic.MagicException:
        return "application/octet-stream"
