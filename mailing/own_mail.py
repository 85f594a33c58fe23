"""Recognise the desk's own mail when it comes back, and the addresses that the desk made up.

A mail of ours has a Message-ID that is in the outbox, and a signed loop header. A requester whose
mail names no address gets an address in a domain that belongs to nobody.
"""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import BinaryField
from django.db.models.functions import Substr

from mailing.models import OutboundEmail
from mailing.parsing.message import ParsedEmail, parse

LOOP_HEADER = "X-ServiceDesk-Loop"
# RFC 2606, section 2: nobody can ever register a domain below "invalid".
UNKNOWN_SENDER_DOMAIN = "sender.invalid"

# More than the header of a mail of ours.
_HEADER_BYTES = 65_536

_signer = Signer(salt="mailing.loop")


def own_addresses() -> tuple[str, ...]:
    """Return this desk's own addresses."""
    return (settings.SUPPORT_ADDRESS, *settings.OWN_ADDRESSES)


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


def find_answered_mail(mail: ParsedEmail) -> OutboundEmail | None:
    """Return the mail of ours that a mail answers: the nearest of its references in the outbox."""
    references = [*mail.in_reply_to, *reversed(mail.references)]
    rows = OutboundEmail.objects.filter(message_id_header__in=references).defer("content")
    known = {row.message_id_header: row for row in rows} if references else {}
    return next((known[reference] for reference in references if reference in known), None)


def names_automatic_mail(mail: ParsedEmail) -> bool:
    """Return whether a mail names an automatic mail of ours in In-Reply-To or References."""
    references = [*mail.in_reply_to, *mail.references]
    rows = OutboundEmail.objects.filter(message_id_header__in=references)
    return bool(references) and rows.exclude(kind=OutboundEmail.Kind.REPLY).exists()


def find_answered_subject(mail: ParsedEmail) -> str:
    """Return the subject of the mail of ours that a mail answers, or ""."""
    answered = find_answered_mail(mail)
    if answered is None:
        return ""
    start = Substr("content", 1, _HEADER_BYTES, output_field=BinaryField())
    content = OutboundEmail.objects.filter(pk=answered.pk).values_list(start, flat=True).get()
    header, _separator, _body = bytes(content).partition(b"\r\n\r\n")
    return parse(header).subject


def unknown_sender(number: int) -> str:
    """Return an address for the requester of the mail with this number, which names no address."""
    return f"unknown-{number}@{UNKNOWN_SENDER_DOMAIN}"


def is_unknown_sender(address: str) -> bool:
    """Return whether an address is one that `unknown_sender` returns."""
    return address.endswith(f"@{UNKNOWN_SENDER_DOMAIN}")
