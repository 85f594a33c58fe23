"""Compare an address that somebody entered with a requester's."""

from __future__ import annotations

from operators.mailboxes import canonical_address
from tickets.models import Requester


def is_address_of(requester: Requester, address: str) -> bool:
    """Return whether an address is this requester's, whichever way its letters are written.

    The domain may be in Unicode or in punycode (RFC 5891, 4.4), the letters composed or full-width.
    """
    known = (requester.email, requester.canonical_email)
    return address.lower() in known or canonical_address(address) in known
