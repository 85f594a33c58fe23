"""Recognise the desk's own mail when it comes back, and the addresses that the desk made up.

A mail of ours has a Message-ID that is in the outbox, and a signed loop header. A requester whose
mail names no address gets an address in a domain that belongs to nobody.
"""

from django.core.signing import BadSignature, Signer

from mailing.models import OutboundEmail
from mailing.parsing.message import ParsedEmail

LOOP_HEADER = "X-ServiceDesk-Loop"
# RFC 2606, section 2: nobody can ever register a domain below "invalid".
UNKNOWN_SENDER_DOMAIN = "sender.invalid"

_signer = Signer(salt="mailing.loop")


def sign_loop_header(message_id: str) -> str:
    """Return the value of the loop header for a mail of ours."""
    return _signer.sign(message_id)


def find_loop_header(mail: ParsedEmail) -> str:
    """Return the loop header that this desk signed, or "" when the mail has none."""
    values = mail.all_headers(LOOP_HEADER.lower())
    return next((value for value in values if is_loop_header_of_ours(value)), "")


def is_loop_header_of_ours(value: str) -> bool:
    """Return whether this desk signed the value of a loop header."""
    try:
        _signer.unsign(value.strip())
    except BadSignature:
        return False
    return True


def is_message_id_of_ours(message_id: str) -> bool:
    """Return whether a Message-ID is that of a mail in the outbox."""
    return OutboundEmail.objects.filter(message_id_header=message_id).exists()


def unknown_sender(number: int) -> str:
    """Return an address for the requester of the mail with this number, which names no address."""
    return f"unknown-{number}@{UNKNOWN_SENDER_DOMAIN}"


def is_unknown_sender(address: str) -> bool:
    """Return whether an address is one that `unknown_sender` returns."""
    return address.endswith(f"@{UNKNOWN_SENDER_DOMAIN}")
