"""Whether two addresses are one mailbox."""

from __future__ import annotations

from contextlib import suppress

_GMAIL = ("gmail.com", "googlemail.com")


def same_mailbox(one: str, other: str) -> bool:
    """Compare addresses without case, "+tag", an IDN domain's spelling and, at Gmail, dots.

    Dots count everywhere but at Gmail (https://support.google.com/mail/answer/7436150). An address
    without "@" is no mailbox.
    """
    key = mailbox(one)
    return bool(key) and key == mailbox(other)


def mailbox(address: str) -> str:
    """Return the one spelling that all addresses of a mailbox share; "" for what is none."""
    local, at, domain = address.strip().lower().rpartition("@")
    local = local.split("+", 1)[0] or local
    if not local or not at or not domain:
        return ""
    with suppress(UnicodeError):  # no IDN, such as an over-long label: compared as it is
        domain = domain.encode("idna").decode("ascii")
    domain = domain.rstrip(".")
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
