"""Who a mail is from, as far as the desk is concerned: the person whose ticket it goes to."""

from django.conf import settings

from mailing.parsing import charsets
from mailing.parsing.message import Address, ParsedEmail, read_senders


def find_requester(mail: ParsedEmail) -> Address:
    """Return whose ticket a mail goes to; `Address()` when it names nobody.

    That is the sender, or for the mail of a contact form in FORM_SENDERS, whose From is the form's,
    the first Reply-To.
    """
    return _requester(mail.sender, mail.reply_to)


def read_requester_address(raw: bytes) -> str:
    """Return the address of `find_requester` from a mail's bytes; "" when it names nobody.

    It reads the header alone and never raises, so that the webhook can store it beside the mail.
    """
    return _requester(*read_senders(raw)).email


def _requester(sender: Address, reply_to: tuple[Address, ...]) -> Address:
    forms = {charsets.make_storable(address).strip().lower() for address in settings.FORM_SENDERS}
    if sender.email in forms:
        return reply_to[0] if reply_to else Address()
    return sender
