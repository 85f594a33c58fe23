"""Everything by which the desk recognises its own mail when it comes back.

A mail of ours carries a Message-ID that stands in the outbox and a signed loop header. Requesters
whose mail named no address get one in a domain that belongs to nobody.
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
    """Tell whether this desk signed the value of a loop header."""
    try:
        _signer.unsign(value.strip())
    except BadSignature:
        return False
    return True


def is_message_id_of_ours(message_id: str) -> bool:
    """Tell whether a Message-ID is that of a mail in the outbox."""
    return OutboundEmail.objects.filter(message_id_header=message_id).exists()


def unknown_sender(number: int) -> str:
    """Return an address for the requester of a mail that names no address, by the mail's number."""
    return f"unknown-{number}@{UNKNOWN_SENDER_DOMAIN}"


def is_unknown_sender(address: str) -> bool:
    """Tell whether an address stands for a requester whose address is not known."""
    return address.endswith(f"@{UNKNOWN_SENDER_DOMAIN}")
