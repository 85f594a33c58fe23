"""Classify a mail by the rules and this desk's own addresses, outbox and contact forms."""

from dataclasses import replace

from django.conf import settings

from mailing import own_mail
from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import Verdict, classify
from mailing.inbound.requester import find_requester
from mailing.kinds import MailKind
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail

ACCEPTED = "accepted by a supervisor"


def classify_for_desk(
    mail: ParsedEmail, *, inbound_id: int, as_person: bool = False
) -> tuple[Verdict, Address]:
    """Return a mail's verdict and its requester.

    A mail that names no address gets a requester, and so a ticket, of its own. as_person: a
    supervisor said that a person wrote it.
    """
    requester = find_requester(mail)
    if own_mail.is_unknown_sender(requester.email):
        requester = Address(name=requester.name)
    verdict = classify(mail, _desk_identity(), requester)
    if as_person:
        text = f"the rules say: {verdict.kind}, {verdict.rule}"
        verdict = replace(
            verdict, kind=MailKind.PERSON, rule=ACCEPTED, evidence=text, report=None, is_proven=True
        )
    if not requester.email:
        requester = Address(own_mail.unknown_sender(inbound_id), requester.name)
    return verdict, requester


def _desk_identity() -> DeskIdentity:
    return DeskIdentity(
        addresses=(settings.SUPPORT_ADDRESS, *settings.OWN_ADDRESSES),
        is_our_message_id=own_mail.is_message_id_of_ours,
        find_our_loop_header=own_mail.find_loop_header,
        authserv_id=settings.AUTHSERV_ID,
        find_answered_subject=own_mail.find_answered_subject,
    )
