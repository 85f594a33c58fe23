"""Compare an address that somebody entered with a requester's."""

from __future__ import annotations

import unicodedata

from tickets.models import Requester


def is_address_of(requester: Requester, address: str) -> bool:
    """Return whether an address is this requester's, whichever way its letters are written.

    The domain may be in Unicode or in punycode (RFC 5891, 4.4), the letters composed or full-width.
    """
    local, at, domain = unicodedata.normalize("NFKC", address.strip()).lower().rpartition("@")
    labels = [
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in domain.replace("\u3002", ".").split(".")
    ]
    known = (requester.email, requester.canonical_email)
    return address.lower() in known or f"{local}{at}{'.'.join(labels)}" in known
