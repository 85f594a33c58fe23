"""Classify a mail by the rules and this desk's own addresses, outbox and contact forms."""

from django.conf import settings

from mailing import own_mail
from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import Verdict, classify
from mailing.inbound.requester import find_requester
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail


def classify_for_desk(mail: ParsedEmail, *, inbound_id: int) -> tuple[Verdict, Address]:
    """Return a mail's verdict and its requester.

    A mail that names no address gets a requester, and so a ticket, of its own.
    """
    requester = find_requester(mail)
    if own_mail.is_unknown_sender(requester.email):
        requester = Address(name=requester.name)
    verdict = classify(mail, _desk_identity(), requester)
    if not requester.email:
        requester = Address(own_mail.unknown_sender(inbound_id), requester.name)
    return verdict, requester


def _desk_identity() -> DeskIdentity:
    return DeskIdentity(
        addresses=(settings.SUPPORT_ADDRESS, *settings.OWN_ADDRESSES),
        is_our_message_id=own_mail.is_message_id_of_ours,
        find_our_loop_header=own_mail.find_loop_header,
        authserv_id=settings.AUTHSERV_ID,
    )
