"""Who wrote a mail, a person or a machine: one table of rules, the first that matches wins.

The order of the kinds is bounce, complaint, ours, auto-reply, machine, person. A rule is a function
from the mail to its evidence ("" when it does not match), and names the source it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mailing.classification import auto_replies, bounces, machine_senders
from mailing.classification.authentication_results import authentication
from mailing.mailboxes import same_mailbox
from mailing.parsing.message import ParsedEmail

__all__ = ["RULES", "Desk", "Kind", "Rule", "Verdict", "classify"]


class Kind(StrEnum):
    """What a mail is to the desk."""

    PERSON = "person"
    AUTO_REPLY = "auto_reply"
    MACHINE = "machine"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    OURS = "ours"


@dataclass(frozen=True, repr=False)
class Desk:
    """What a verdict needs to know of the desk, so that this module needs no database.

    addresses: SUPPORT_ADDRESS and OWN_ADDRESSES. is_ours: whether a Message-ID stands in the
    outbox. loop_is_ours: whether a value of our loop header has a valid signature. authserv_id: the
    name by which the receiving server signs its Authentication-Results (RFC 8601, 2.5).
    """

    addresses: tuple[str, ...]
    is_ours: Callable[[str], bool]
    loop_is_ours: Callable[[str], bool]
    authserv_id: str = "mx.google.com"


@dataclass(frozen=True, repr=False)
class Verdict:
    """The kind of a mail, the rule that said so, and what the rule saw (at most 200 characters)."""

    kind: Kind
    rule: str
    evidence: str


@dataclass(frozen=True)
class Rule:
    """A row of the table."""

    name: str
    kind: Kind
    source: str
    evidence: Callable[[ParsedEmail, Desk], str]


LOOP_HEADER = "X-ServiceDesk-Loop"


def _of_mail(evidence: Callable[[ParsedEmail], str]) -> Callable[[ParsedEmail, Desk], str]:
    return lambda mail, _desk: evidence(mail)


def _header_is(name: str, pattern: str) -> Callable[[ParsedEmail, Desk], str]:
    """A rule: some field of that name matches the pattern, at its start and without case."""
    compiled = re.compile(pattern, re.I)

    def evidence(mail: ParsedEmail, _desk: Desk) -> str:
        found = next((v for v in mail.all_headers(name) if compiled.match(v)), None)
        return "" if found is None else f"{name}: {found}"

    return evidence


def _bounce(mail: ParsedEmail, _desk: Desk) -> str:
    found = bounces.find_bounce(mail)
    return found.rule if found else ""


def _complaint(mail: ParsedEmail, _desk: Desk) -> str:
    found = bounces.find_complaint(mail)
    return found.rule if found else ""


def _our_message_id(mail: ParsedEmail, desk: Desk) -> str:
    return mail.message_id if mail.message_id and desk.is_ours(mail.message_id) else ""


def _our_loop_header(mail: ParsedEmail, desk: Desk) -> str:
    return next((v for v in mail.all_headers(LOOP_HEADER.lower()) if desk.loop_is_ours(v)), "")


def _our_address(mail: ParsedEmail, desk: Desk) -> str:
    email = mail.sender.email
    return email if any(same_mailbox(email, own) for own in desk.addresses) else ""


def _receipt(mail: ParsedEmail, _desk: Desk) -> str:
    return mail.report_type if mail.report_type == "disposition-notification" else ""


def _no_reply(mail: ParsedEmail, _desk: Desk) -> str:
    return mail.sender.email if machine_senders.takes_no_reply(mail.sender.email) else ""


def _program(mail: ParsedEmail, _desk: Desk) -> str:
    return mail.sender.email if machine_senders.is_program(mail.sender.email) else ""


def _null_path(mail: ParsedEmail, _desk: Desk) -> str:
    return "return-path: <>" if mail.header("return-path").replace(" ", "") == "<>" else ""


def _dmarc(mail: ParsedEmail, desk: Desk) -> str:
    return "dmarc=fail" if authentication(mail, desk.authserv_id).dmarc == "fail" else ""


_ANY = r"\s*\S"
_YES = r"\s*(?!(?:no|false|0|none)\s*$)\S"

RULES: tuple[Rule, ...] = (
    Rule("delivery failure", Kind.BOUNCE, "RFC 3464, RFC 5321 4.5.5, bounces.py", _bounce),
    Rule("spam complaint", Kind.COMPLAINT, "RFC 5965", _complaint),
    Rule("our message id", Kind.OURS, "our outbox", _our_message_id),
    Rule("our loop header", Kind.OURS, "our own header, signed", _our_loop_header),
    Rule("our address", Kind.OURS, "SUPPORT_ADDRESS, OWN_ADDRESSES", _our_address),
    # An answer to one mail, like an auto-reply: as a machine's mail it would open a ticket.
    Rule("read receipt", Kind.AUTO_REPLY, "RFC 8098", _receipt),
    Rule(
        "auto-submitted: auto-replied",
        Kind.AUTO_REPLY,
        "RFC 3834 5.2",
        _header_is("auto-submitted", r"\s*(?:\([^)]*\)\s*)*auto-replied\b"),
    ),
    Rule(
        "precedence: auto_reply",
        Kind.AUTO_REPLY,
        "https://www.jitbit.com/maxblog/18-detecting-outlook-autoreplyout-of-office-emails-and-x-"
        "auto-response-suppress-header/",
        _header_is("precedence", r"\s*auto[_-]?repl"),
    ),
    Rule("x-autoreply", Kind.AUTO_REPLY, "Exim, cPanel, Kayako", _header_is("x-autoreply", _YES)),
    Rule(
        "x-autorespond", Kind.AUTO_REPLY, "qmail-autoresponder", _header_is("x-autorespond", _YES)
    ),
    Rule("x-auto-reply", Kind.AUTO_REPLY, "OTRS, Plesk", _header_is("x-auto-reply", _YES)),
    Rule("x-autoresponder", Kind.AUTO_REPLY, "ISPConfig", _header_is("x-autoresponder", _YES)),
    Rule("x-autoreply-from", Kind.AUTO_REPLY, "cPanel", _header_is("x-autoreply-from", _ANY)),
    Rule("x-mail-autoreply", Kind.AUTO_REPLY, "Roundcube", _header_is("x-mail-autoreply", _YES)),
    Rule("x-vacation", Kind.AUTO_REPLY, "Sieve front ends", _header_is("x-vacation", _YES)),
    Rule(
        "x-apple-action: vacation",
        Kind.AUTO_REPLY,
        "iCloud Mail",
        _header_is("x-apple-action", r"\s*vacation"),
    ),
    Rule(
        "preference: auto_reply",
        Kind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        _header_is("preference", r"\s*auto[_-]?reply"),
    ),
    Rule(
        "delivered-to: autoresponder",
        Kind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        _header_is("delivered-to", r"\s*auto-?responder\b"),
    ),
    Rule(
        "x-post-messageclass: autoresponder",
        Kind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        _header_is("x-post-messageclass", r".*autoresponder"),
    ),
    Rule(
        "sender challenge",
        Kind.AUTO_REPLY,
        "BoxTrapper, SpamArrest",
        _of_mail(auto_replies.challenge),
    ),
    Rule(
        "auto-reply subject",
        Kind.AUTO_REPLY,
        "Exchange and others, by language",
        _of_mail(auto_replies.auto_subject),
    ),
    Rule(
        "auto-submitted",
        Kind.MACHINE,
        "RFC 3834 5, RFC 5436 2.7.1",
        _header_is("auto-submitted", r"\s*(?:\([^)]*\)\s*)*(?!no\b)\S"),
    ),
    Rule("list-id", Kind.MACHINE, "RFC 2919", _header_is("list-id", _ANY)),
    Rule(
        "list-unsubscribe", Kind.MACHINE, "RFC 2369, RFC 8058", _header_is("list-unsubscribe", _ANY)
    ),
    Rule("list-post", Kind.MACHINE, "RFC 2369", _header_is("list-post", _ANY)),
    Rule(
        "list software", Kind.MACHINE, "Mailman, RFC 2369", _of_mail(machine_senders.list_software)
    ),
    Rule("list's return path", Kind.MACHINE, "RFC 3834 2", _of_mail(machine_senders.list_path)),
    Rule("bulk mail service", Kind.MACHINE, "the services", _of_mail(machine_senders.bulk_service)),
    Rule("ticket system", Kind.MACHINE, "the systems", _of_mail(machine_senders.ticket_system)),
    Rule("mailing-list", Kind.MACHINE, "ezmlm, Yahoo Groups", _header_is("mailing-list", _ANY)),
    Rule(
        "precedence",
        Kind.MACHINE,
        "RFC 2076 3.9, sendmail",
        _header_is("precedence", r"\s*(?:bulk|list|junk)\b"),
    ),
    Rule(
        "x-auto-response-suppress",
        Kind.MACHINE,
        "MS-OXCMAIL 2.1.3.2.14",
        _header_is("x-auto-response-suppress", r"\s*(?!none\b)\S"),
    ),
    Rule(
        "exchange mailbox rule",
        Kind.MACHINE,
        "MS-OXCMAIL, Exchange transport",
        _header_is("x-ms-exchange-generated-message-source", r"\s*mailbox rules agent"),
    ),
    Rule(
        "exchange rules loop",
        Kind.MACHINE,
        "MS-OXCMAIL, Exchange transport",
        _header_is("x-ms-exchange-inbox-rules-loop", _ANY),
    ),
    Rule("x-autogenerated", Kind.MACHINE, "Mailman, CiviCRM", _header_is("x-autogenerated", _YES)),
    Rule("x-auto-generated", Kind.MACHINE, "various", _header_is("x-auto-generated", _YES)),
    Rule(
        "x-fc-machinegenerated",
        Kind.MACHINE,
        "FirstClass",
        _header_is("x-fc-machinegenerated", _YES),
    ),
    Rule("x-cron-env", Kind.MACHINE, "cron(8)", _header_is("x-cron-env", _ANY)),
    Rule("noreply address", Kind.MACHINE, "common usage", _no_reply),
    Rule("address of a program", Kind.MACHINE, "RFC 2142, RFC 3834 2", _program),
    Rule("null return path", Kind.MACHINE, "RFC 5321 4.5.5, RFC 3834 2", _null_path),
    Rule("failed dmarc", Kind.MACHINE, "RFC 7489 6.6", _dmarc),
)


def classify(mail: ParsedEmail, desk: Desk) -> Verdict:
    """Return the verdict of the first rule that matches; a person's mail matches none.

    Never raises by itself.
    """
    for rule in RULES:
        evidence = rule.evidence(mail, desk)
        if evidence:
            return Verdict(rule.kind, rule.name, evidence[:200])
    return Verdict(Kind.PERSON, "no sign of a machine", "")
