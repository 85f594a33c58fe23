"""What a mail is to this desk, and whose ticket it goes to."""

from django.conf import settings

from mailing.classification import machine_senders
from mailing.classification.authentication_results import authentication
from mailing.classification.rules import Desk, Kind, Verdict, classify
from mailing.mailboxes import same_mailbox
from mailing.outbound import composing, notifications
from mailing.parsing.message import Address, ParsedEmail
from mailing.parsing.message import requester as requester_of


def judge(mail: ParsedEmail, *, inbound_id: int) -> tuple[Verdict, Address]:
    """Return what a mail is and whose ticket it goes to."""
    verdict = classify(mail, desk())
    requester = requester_of(mail, settings.FORM_SENDERS)
    if not requester.email or requester.email.endswith(f"@{notifications.NOWHERE}"):
        # Nobody to answer, but something to read: a ticket of its own.
        requester = Address(f"unknown-{inbound_id}@{notifications.NOWHERE}", requester.name)
        if verdict.kind == Kind.PERSON:
            verdict = Verdict(Kind.MACHINE, "no sender", "no address to answer to")
    elif requester.email != mail.sender.email and verdict.kind in (Kind.MACHINE, Kind.PERSON):
        verdict = _of_form(mail, requester.email)
    if any(same_mailbox(requester.email, own) for own in desk().addresses):
        verdict = Verdict(Kind.OURS, "our address", requester.email)
    return verdict, requester


def _of_form(mail: ParsedEmail, customer: str) -> Verdict:
    """Return the verdict on a contact form's customer, a person unless something speaks against it.

    The form takes any address, a machine's too; and whoever forges the form's own (failed DMARC)
    could have us write to anybody.
    """
    if machine_senders.takes_no_reply(customer) or machine_senders.is_program(customer):
        return Verdict(Kind.MACHINE, "contact form", f"a machine's address: {customer}")
    if authentication(mail, settings.AUTHSERV_ID).dmarc == "fail":
        return Verdict(Kind.MACHINE, "failed dmarc", f"sent by {mail.sender.email}")
    return Verdict(Kind.PERSON, "contact form", f"sent by {mail.sender.email}")


def desk() -> Desk:
    """Return who we are, for the classifier."""
    return Desk(
        addresses=(settings.SUPPORT_ADDRESS, *settings.OWN_ADDRESSES),
        is_ours=notifications.knows,
        loop_is_ours=composing.is_our_loop,
        authserv_id=settings.AUTHSERV_ID,
    )
