"""Classify a mail by the rules and this desk's own addresses, outbox and contact forms."""

from dataclasses import replace

from mailing import own_mail
from mailing.classification.author import find_author
from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import Verdict, classify
from mailing.kinds import MailKind
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail
from operators.mailboxes import canonical_address

ACCEPTED = "accepted by a supervisor"


def classify_for_desk(
    mail: ParsedEmail, desk: DeskIdentity, *, inbound_id: int, as_person: bool = False
) -> tuple[Verdict, Address]:
    """Return a mail's verdict and its requester.

    A mail that names no address gets a requester, and so a ticket, of its own. as_person: a
    supervisor said that a person wrote it.
    """
    requester = find_author(mail, owns=desk.owns, is_form=desk.has_form).address
    if own_mail.is_unknown_sender(canonical_address(requester.email)):
        requester = Address(name=requester.name)
    verdict = classify(mail, desk, requester)
    if as_person:
        text = f"the rules say: {verdict.kind}, {verdict.rule}"
        verdict = replace(
            verdict, kind=MailKind.PERSON, rule=ACCEPTED, evidence=text, report=None, is_proven=True
        )
    if not requester.email:
        requester = Address(own_mail.unknown_sender(inbound_id), requester.name)
    return verdict, requester
