"""Find the author of a mail: From may name a contact form or a group that sent it for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mailing.classification import machine_senders
from mailing.parsing import addresses
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail
from operators.mailboxes import same_mailbox

# "'Anna Berg' via Support": what Google Groups, Mailman and groups.io make of a name when they
# replace the address in From, so that the mail passes DMARC (RFC 7960, 4.1.3).
_VIA = re.compile(r"(.*?)\(?\bvia\s+\S", re.I | re.S)
# groups.io's From: anna=client.example@groups.io.
_ENCODED_ADDRESS = re.compile(r"([^=@]+)=([^=@]+\.[^=@.]+)@[^@]+")
# From whom a web server's mail() sends if the form does not say it; WordPress, its plug-ins too.
_WEB_SERVER = re.compile(r"(?:www-?data|www|apache2?|nginx|httpd|nobody|wordpress)@.+")


class Route(StrEnum):
    """How a mail came from its author to us."""

    DIRECT = "direct"
    FORM = "form"  # its sender is in FORM_SENDERS
    UNLISTED_FORM = "unlisted form"
    GROUP = "group"  # which put its own address into From
    LIST = "mailing list"  # which left From as it was


@dataclass(frozen=True, repr=False)
class Author:
    """Whose ticket a mail goes to; `address` is empty when the mail names nobody."""

    address: Address
    route: Route = Route.DIRECT


def find_author(
    mail: ParsedEmail, *, owns: Callable[[str], bool], is_form: Callable[[str], bool]
) -> Author:
    """Return a mail's author: its sender, or for whom a form or a group sent it.

    owns: whether an address is one of the desk's. is_form: whether it is one of FORM_SENDERS.

    A form of FORM_SENDERS names its customer in Reply-To. So does what sends from a noreply
    address, a web server's or one of ours, with somebody else in Reply-To: a form not listed.
    """
    member = _find_group_member(mail, owns)
    sender = member or mail.sender
    others = [
        address
        for address in mail.reply_to
        if not owns(address.email) and not same_mailbox(address.email, sender.email)
    ]
    if is_form(sender.email):
        return Author((others or [*mail.reply_to, Address()])[0], Route.FORM)
    people = [other for other in others if not machine_senders.is_no_reply_address(other.email)]
    if people and (_accepts_no_answer(sender.email) or owns(sender.email)):
        return Author(people[0], Route.UNLISTED_FORM)
    if member:
        return Author(sender, Route.GROUP)
    return Author(sender, Route.LIST if _is_posted_to_list(mail) else Route.DIRECT)


def _accepts_no_answer(email: str) -> bool:
    return machine_senders.is_no_reply_address(email) or bool(_WEB_SERVER.fullmatch(email))


def _same_domain(address: Address, mail: ParsedEmail) -> bool:
    return address.email.rpartition("@")[2] == mail.sender.email.rpartition("@")[2]


def _find_group_member(mail: ParsedEmail, owns: Callable[[str], bool]) -> Address | None:
    """Return who wrote to a group or mailing list that put its own address into From."""
    if not mail.header("list-id") or _accepts_no_answer(mail.sender.email):
        return None
    via = _VIA.match(mail.sender.name)
    name = (via[1] if via else "").rstrip().strip("\"' ")
    list_addresses = read_list_addresses(mail)
    is_rewritten = bool(via) or mail.sender.email in list_addresses
    # Without a sign that From was replaced, X-Original-Sender may be an address for bounces.
    has_original = is_rewritten or bool(mail.header("x-original-from"))
    candidates = list(mail.original_senders) if has_original else []
    # Newsletters have List-Id and Reply-To too, and since 2024 a one-click List-Unsubscribe
    # (RFC 8058); their Reply-To is of their own domain.
    if is_rewritten and not mail.header("list-unsubscribe-post"):
        candidates += [other for other in mail.reply_to if via or not _same_domain(other, mail)]
        if name:  # Mailman puts the author into Cc when answers are to go to the list.
            candidates += [address for address in mail.cc if address.name == name]
    if via and (encoded := _ENCODED_ADDRESS.fullmatch(mail.sender.email)):
        candidates.append(Address(f"{encoded[1]}@{encoded[2]}"))
    for candidate in candidates:
        if not (
            same_mailbox(candidate.email, mail.sender.email)
            or candidate.email in list_addresses
            or owns(candidate.email)
        ):
            return Address(candidate.email, candidate.name or name)
    return None


def _is_posted_to_list(mail: ParsedEmail) -> bool:
    """Return whether somebody wrote to a list or group, which sent it on with their From.

    It is addressed to the list's own address, or Google Groups names its sender; newsletters have
    neither.
    """
    is_bulk = mail.header("list-unsubscribe-post") or re.match(
        r"\s*(?:bulk|junk)\b", mail.header("precedence"), re.I
    )
    if not mail.header("list-id") or is_bulk or _accepts_no_answer(mail.sender.email):
        return False
    list_addresses = read_list_addresses(mail)
    recipients = {address.email for address in (*mail.to, *mail.cc)}
    originals = {address.email for address in mail.original_senders}
    is_posted = bool(recipients & list_addresses) or mail.sender.email in originals
    return is_posted and mail.sender.email not in list_addresses


def read_list_addresses(mail: ParsedEmail) -> set[str]:
    """Return the addresses of the list, to which its members write.

    Some lists name theirs nowhere but in List-Id, with a dot for the "@".
    """
    named = {
        address.email
        for name in ("list-post", "x-beenthere")
        for address in addresses.parse(mail.header(name))
    }
    list_id = mail.header("list-id").rpartition("<")[2].strip("> ").lower()
    shown = {address.email for address in (mail.sender, *mail.reply_to)}
    return named | {email for email in shown if email and email.replace("@", ".") == list_id}
