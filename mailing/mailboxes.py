"""Compare addresses by the mailbox that they lead to."""

from __future__ import annotations

from contextlib import suppress

_GMAIL = ("gmail.com", "googlemail.com")


def same_mailbox(address: str, other: str) -> bool:
    """Return whether two addresses lead to one mailbox.

    Case, a "+tag" and the spelling of an IDN domain make no difference, nor do dots at Gmail
    (https://support.google.com/mail/answer/7436150). An address without "@" has no mailbox.
    """
    key = mailbox(address)
    return bool(key) and key == mailbox(other)


def mailbox(address: str) -> str:
    """Return the one spelling of an address's mailbox; "" when the text is not an address."""
    local, at, domain = address.strip().lower().rpartition("@")
    local = local.split("+", 1)[0] or local
    if not local or not at or not domain:
        return ""
    with suppress(UnicodeError):  # not an IDN, for example with an over-long label
        domain = domain.encode("idna").decode("ascii")
    domain = domain.rstrip(".")
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"
