"""What the rules look at: the mail, this desk's identity, and results that several rules need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from mailing.classification.authentication_results import (
    Authentication,
    read_authentication_results,
)
from mailing.classification.author import Author, Route, find_author
from mailing.classification.bounces import Bounce, find_bounce, find_complaint
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail
from operators.mailboxes import canonical_address, same_mailbox


@dataclass(frozen=True, repr=False)
class DeskIdentity:
    """How the rules recognise this desk's own mail, without access to the database.

    addresses: SUPPORT_ADDRESS and OWN_ADDRESSES.
    is_our_message_id: whether a Message-ID is in the outbox.
    find_our_loop_header: returns the loop header that we signed, or "".
    form_senders: FORM_SENDERS, the senders of contact forms.
    find_answered_subject: returns the subject of the mail of ours that a mail answers, or "".
    authserv_id: the name under which the receiving server writes Authentication-Results
    (RFC 8601, 2.5).
    """

    addresses: tuple[str, ...]
    is_our_message_id: Callable[[str], bool]
    find_our_loop_header: Callable[[ParsedEmail], str]
    authserv_id: str = "mx.google.com"
    form_senders: tuple[str, ...] = ()
    find_answered_subject: Callable[[ParsedEmail], str] = lambda _mail: ""

    def owns(self, address: str) -> bool:
        """Return whether an address is one of ours."""
        return any(same_mailbox(address, own) for own in self.addresses)

    def has_form(self, address: str) -> bool:
        """Return whether an address is that of a contact form in FORM_SENDERS."""
        address = canonical_address(address)
        return any(address == canonical_address(form) for form in self.form_senders)


class Examination:
    """A mail that the rules look at, with the results that several rules need."""

    def __init__(self, mail: ParsedEmail, requester: Address, desk: DeskIdentity) -> None:
        self.mail = mail
        self.requester = requester
        self.desk = desk

    @cached_property
    def author(self) -> Author:
        """Who wrote it, and whether a form or a group sent it for them."""
        return find_author(self.mail, owns=self.desk.owns, is_form=self.desk.has_form)

    @property
    def is_from_form(self) -> bool:
        """Whether a contact form of FORM_SENDERS sent it for somebody."""
        is_form = self.author.route == Route.FORM
        return is_form and self.requester.email not in ("", self.mail.sender.email)

    @property
    def is_from_group(self) -> bool:
        """Whether a group or mailing list sent it with the list's address for the person's."""
        return self.author.route == Route.GROUP

    @property
    def is_from_list(self) -> bool:
        """Whether a group or mailing list sent it on and left From as it was."""
        return self.author.route == Route.LIST

    @cached_property
    def report(self) -> Bounce | None:
        """The bounce or complaint in the mail, None when it has none."""
        return find_complaint(self.mail) or find_bounce(self.mail)

    @cached_property
    def answered_subject(self) -> str:
        """The subject of the mail of ours that it answers, "" when it answers none."""
        return self.desk.find_answered_subject(self.mail)

    @cached_property
    def authentication(self) -> Authentication:
        """How the receiving server authenticated the sender."""
        return read_authentication_results(self.mail, self.desk.authserv_id)
