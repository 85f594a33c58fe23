"""Find a mail's requester, the person whose ticket it goes to."""

from django.conf import settings

from mailing.parsing import charsets
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail, read_senders


def find_requester(mail: ParsedEmail) -> Address:
    """Return a mail's requester; `Address()` when it names nobody.

    That is the sender, or the first Reply-To of a mail that a contact form in FORM_SENDERS sent.
    """
    return _requester(mail.sender, mail.reply_to)


def read_requester_address(raw: bytes) -> str:
    """Return the requester's address from a mail's bytes; "" when it names nobody.

    Only the header is read, and nothing is raised, so that the webhook can store it with the mail.
    """
    return _requester(*read_senders(raw)).email


def _requester(sender: Address, reply_to: tuple[Address, ...]) -> Address:
    forms = {charsets.make_storable(address).strip().lower() for address in settings.FORM_SENDERS}
    if sender.email in forms:
        return reply_to[0] if reply_to else Address()
    return sender
