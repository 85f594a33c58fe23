"""What the rules look at: the mail, this desk's identity, and results that several rules need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from mailing.classification.authentication_results import (
    Authentication,
    read_authentication_results,
)
from mailing.classification.bounces import Bounce, find_bounce, find_complaint
from mailing.mailboxes import same_mailbox
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail


@dataclass(frozen=True, repr=False)
class DeskIdentity:
    """How the rules recognise this desk's own mail, without access to the database.

    addresses: SUPPORT_ADDRESS and OWN_ADDRESSES.
    is_our_message_id: whether a Message-ID is in the outbox.
    find_our_loop_header: returns the loop header that we signed, or "".
    find_answered_subject: returns the subject of the mail of ours that a mail answers, or "".
    authserv_id: the name under which the receiving server writes Authentication-Results
    (RFC 8601, 2.5).
    """

    addresses: tuple[str, ...]
    is_our_message_id: Callable[[str], bool]
    find_our_loop_header: Callable[[ParsedEmail], str]
    authserv_id: str = "mx.google.com"
    find_answered_subject: Callable[[ParsedEmail], str] = lambda _mail: ""

    def owns(self, address: str) -> bool:
        """Return whether an address is one of ours."""
        return any(same_mailbox(address, own) for own in self.addresses)


class Examination:
    """A mail that the rules look at, with the results that several rules need."""

    def __init__(self, mail: ParsedEmail, requester: Address, desk: DeskIdentity) -> None:
        self.mail = mail
        self.requester = requester
        self.desk = desk

    @property
    def is_from_form(self) -> bool:
        """Whether a contact form sent it: the requester is not the sender."""
        return self.requester.email not in ("", self.mail.sender.email)

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
