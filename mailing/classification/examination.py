"""A mail as the rules see it: beside who we are, and with what several rules ask looked up once."""

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
from mailing.parsing.message import Address, ParsedEmail


@dataclass(frozen=True, repr=False)
class DeskIdentity:
    """Who we are, as far as the rules need to know: so they need no database.

    addresses: SUPPORT_ADDRESS and OWN_ADDRESSES. is_our_message_id: whether a Message-ID is in the
    outbox. find_our_loop_header: returns the loop header that we signed, or "". authserv_id: the
    name under which the receiving server writes Authentication-Results (RFC 8601, 2.5).
    """

    addresses: tuple[str, ...]
    is_our_message_id: Callable[[str], bool]
    find_our_loop_header: Callable[[ParsedEmail], str]
    authserv_id: str = "mx.google.com"

    def owns(self, address: str) -> bool:
        """Tell whether an address is one of ours."""
        return any(same_mailbox(address, own) for own in self.addresses)


class Examination:
    """A mail under the rules, with what several of them ask, each looked up once."""

    def __init__(self, mail: ParsedEmail, requester: Address, desk: DeskIdentity) -> None:
        self.mail = mail
        self.requester = requester
        self.desk = desk

    @property
    def is_from_form(self) -> bool:
        """Whether a contact form sent it for somebody: the requester is not the sender."""
        return self.requester.email not in ("", self.mail.sender.email)

    @cached_property
    def report(self) -> Bounce | None:
        """What the mail reports about a mail of ours, if it is a bounce or a complaint."""
        return find_complaint(self.mail) or find_bounce(self.mail)

    @cached_property
    def authentication(self) -> Authentication:
        """What the receiving server found out about the sender."""
        return read_authentication_results(self.mail, self.desk.authserv_id)
