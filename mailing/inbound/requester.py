"""Find a mail's requester, the person whose ticket it goes to."""

from collections.abc import Iterable

from django.conf import settings

from mailing.classification.author import find_author
from mailing.classification.examination import DeskIdentity
from mailing.own_mail import SentMails, find_loop_header
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail, parse_author_fields
from operators.mailboxes import canonical_address
from operators.own_addresses import own_addresses


def find_requester(mail: ParsedEmail, desk: DeskIdentity) -> Address:
    """Return a mail's requester; `Address()` when it names nobody.

    That is the sender, or whom a contact form or a group names, which sent the mail for them.
    """
    return find_author(mail, owns=desk.owns, is_form=desk.has_form).address


def read_requester_addresses(raws: Iterable[bytes]) -> list[str]:
    """Return the requesters' addresses from mails' bytes, in the spelling that tickets go by.

    "" for a mail that names nobody. Only the fields that can name them are read, and nothing is
    raised, so that the webhook can store them with the mails.
    """
    desk = desk_identity(SentMails(()))
    return [canonical_address(find_requester(parse_author_fields(raw), desk).email) for raw in raws]


def desk_identity(sent: SentMails) -> DeskIdentity:
    """Return how the rules recognise this desk's own mail and its contact forms.

    sent: the mails of ours that the mails to be classified name.
    """
    return DeskIdentity(
        addresses=own_addresses(),
        is_our_message_id=sent.has,
        find_our_loop_header=find_loop_header,
        authserv_id=settings.AUTHSERV_ID,
        form_senders=tuple(settings.FORM_SENDERS),
        find_answered_subject=sent.find_answered_subject,
    )
