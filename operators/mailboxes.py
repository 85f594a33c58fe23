"""Compare addresses by the mailbox that they lead to."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_GMAIL = ("gmail.com", "googlemail.com")
MAX_CHARACTERS = 320  # of the columns that hold a mailbox
_LABEL_CHARACTERS = 63  # RFC 1035, 2.3.4
_QUOTED_PAIR = re.compile(r"\\(.)")
# Characters that nobody sees: they come into an address by copying it, and belong to none. Soft
# hyphen, joiners, marks of direction, variation selectors, fillers (Unicode's
# Default_Ignorable_Code_Point, which is also what IDNA removes: UTS #46, 4).
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)


def same_mailbox(address: str, other: str) -> bool:
    """Return whether two addresses lead to one mailbox.

    Case, a "+tag" and the spelling in Unicode make no difference, nor do dots at Gmail
    (https://support.google.com/mail/answer/7436150). An address without "@" has no mailbox.
    """
    key = mailbox(address)
    return bool(key) and key == mailbox(other)


def mailbox(address: str) -> str:
    """Return the one spelling of an address's mailbox; "" when the text is not an address."""
    local, at, domain = canonical_address(address).rpartition("@")
    local = local.split("+", 1)[0] or local
    if not local or not at or not domain:
        return ""
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


@lru_cache(maxsize=128)  # the desk's own addresses are compared with each mail's
def canonical_address(address: str) -> str:
    """Return the one spelling of all that differ only in Unicode, IDNA, case or quotes.

    The local part is in NFKC, so that full-width letters make no difference, and without quotes
    (RFC 5321, 4.1.2: they change nothing); the domain is in punycode. Unlike in `mailbox`, "+tag"
    and dots stay: people use them to be two requesters.
    """
    local, at, domain = _fold(address).rpartition("@")
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = _QUOTED_PAIR.sub(r"\1", local[1:-1])
    labels = domain.replace("\u3002", ".").rstrip(".").split(".")
    canonical = f"{local}{at}{'.'.join(_to_ascii(label) for label in labels)}"
    return canonical if len(canonical) <= MAX_CHARACTERS else address.lower()[:MAX_CHARACTERS]


def readable_address(address: str) -> str:
    """Return a canonical address with its domain as people write it, not in punycode."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{'.'.join(_to_unicode(label) for label in domain.split('.'))}"


def _fold(text: str) -> str:
    if text.isascii():
        return text.strip().lower()
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).strip()
    return unicodedata.normalize("NFKC", text.lower())


def _to_ascii(label: str) -> str:
    """Return a domain's label in punycode if it is not ASCII (RFC 5891, 4.4)."""
    if label.isascii() or len(label) > _LABEL_CHARACTERS:
        return label
    in_punycode = "xn--" + label.encode("punycode").decode("ascii")
    return in_punycode if len(in_punycode) <= _LABEL_CHARACTERS else label


def _to_unicode(label: str) -> str:
    """Return a label in Unicode if its punycode stands for nothing else."""
    if not label.startswith("xn--"):
        return label
    try:
        readable = label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return readable if readable.isprintable() and _to_ascii(_fold(readable)) == label else label
