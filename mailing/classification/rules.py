"""Who wrote a mail, a person or a machine: one table of rules, the first that matches wins.

A rule is a function from the examined mail to its evidence ("" when it does not match), and names
the source it rests on. Its order in the table is its precedence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from mailing.classification import auto_replies, machine_senders
from mailing.classification.authentication_results import Authentication
from mailing.classification.bounces import Bounce
from mailing.classification.examination import DeskIdentity, Examination
from mailing.kinds import MailKind
from mailing.parsing.message import Address, ParsedEmail

__all__ = ["RULES", "DeskIdentity", "Rule", "Verdict", "classify"]


@dataclass(frozen=True, repr=False)
class Verdict:
    """The kind of a mail, the rule that decided it, and what the rule saw (up to 200 characters).

    With it what was read on the way: the report of a bounce or complaint, and what the receiving
    server found out about the sender.
    """

    kind: MailKind
    rule: str
    evidence: str
    report: Bounce | None = None
    authentication: Authentication = Authentication()  # noqa: RUF009 - frozen


@dataclass(frozen=True)
class Rule:
    """A row of the table."""

    name: str
    kind: MailKind
    source: str
    evidence: Callable[[Examination], str]


def _in_mail(evidence: Callable[[ParsedEmail], str]) -> Callable[[Examination], str]:
    return lambda examined: evidence(examined.mail)


def _header_is(name: str, pattern: str) -> Callable[[Examination], str]:
    """Return a rule: some field of that name matches the pattern, at its start and without case."""
    compiled = re.compile(pattern, re.I)

    def evidence(examined: Examination) -> str:
        values = examined.mail.all_headers(name)
        matching = next((value for value in values if compiled.match(value)), None)
        return "" if matching is None else f"{name}: {matching}"

    return evidence


def _requester_is_ours(examined: Examination) -> str:
    email = examined.requester.email
    return email if examined.desk.owns(email) else ""


def _bounce(examined: Examination) -> str:
    report = examined.report
    return report.rule if report and report.action != "complaint" else ""


def _complaint(examined: Examination) -> str:
    report = examined.report
    return report.rule if report and report.action == "complaint" else ""


def _our_message_id(examined: Examination) -> str:
    message_id = examined.mail.message_id
    return message_id if message_id and examined.desk.is_our_message_id(message_id) else ""


def _our_loop_header(examined: Examination) -> str:
    return examined.desk.find_our_loop_header(examined.mail)


def _sender_is_ours(examined: Examination) -> str:
    email = examined.mail.sender.email
    return email if examined.desk.owns(email) else ""


def _receipt(mail: ParsedEmail) -> str:
    return mail.report_type if mail.report_type == "disposition-notification" else ""


def _form_for_machine(examined: Examination) -> str:
    """A contact form takes any address, a machine's too."""
    email = examined.requester.email
    is_machine = machine_senders.takes_no_reply(email) or machine_senders.is_program(email)
    return f"a machine's address: {email}" if examined.is_from_form and is_machine else ""


def _forged_form(examined: Examination) -> str:
    """Whoever forges the form's own address could have us write to anybody."""
    return _form(examined) if examined.authentication.dmarc == "fail" else ""


def _form(examined: Examination) -> str:
    return f"sent by {examined.mail.sender.email}" if examined.is_from_form else ""


def _no_reply(mail: ParsedEmail) -> str:
    return mail.sender.email if machine_senders.takes_no_reply(mail.sender.email) else ""


def _program(mail: ParsedEmail) -> str:
    return mail.sender.email if machine_senders.is_program(mail.sender.email) else ""


def _null_path(mail: ParsedEmail) -> str:
    return "return-path: <>" if mail.header("return-path").replace(" ", "") == "<>" else ""


def _failed_dmarc(examined: Examination) -> str:
    return "dmarc=fail" if examined.authentication.dmarc == "fail" else ""


def _no_requester(examined: Examination) -> str:
    return "" if examined.requester.email else "no address to answer to"


_ANY = r"\s*\S"
_YES = r"\s*(?!(?:no|false|0|none)\s*$)\S"

RULES: tuple[Rule, ...] = (
    Rule("our address", MailKind.OURS, "SUPPORT_ADDRESS, OWN_ADDRESSES", _requester_is_ours),
    Rule("delivery failure", MailKind.BOUNCE, "RFC 3464, RFC 5321 4.5.5, bounces.py", _bounce),
    Rule("spam complaint", MailKind.COMPLAINT, "RFC 5965", _complaint),
    Rule("our message id", MailKind.OURS, "our outbox", _our_message_id),
    Rule("our loop header", MailKind.OURS, "our own header, signed", _our_loop_header),
    Rule("our address", MailKind.OURS, "SUPPORT_ADDRESS, OWN_ADDRESSES", _sender_is_ours),
    # An answer to one mail, like an auto-reply: as a machine's mail it would open a ticket.
    Rule("read receipt", MailKind.AUTO_REPLY, "RFC 8098", _in_mail(_receipt)),
    Rule(
        "auto-submitted: auto-replied",
        MailKind.AUTO_REPLY,
        "RFC 3834 5.2",
        _header_is("auto-submitted", r"\s*(?:\([^)]*\)\s*)*auto-replied\b"),
    ),
    Rule(
        "precedence: auto_reply",
        MailKind.AUTO_REPLY,
        "https://www.jitbit.com/maxblog/18-detecting-outlook-autoreplyout-of-office-emails-and-x-"
        "auto-response-suppress-header/",
        _header_is("precedence", r"\s*auto[_-]?repl"),
    ),
    Rule(
        "x-autoreply", MailKind.AUTO_REPLY, "Exim, cPanel, Kayako", _header_is("x-autoreply", _YES)
    ),
    Rule(
        "x-autorespond",
        MailKind.AUTO_REPLY,
        "qmail-autoresponder",
        _header_is("x-autorespond", _YES),
    ),
    Rule("x-auto-reply", MailKind.AUTO_REPLY, "OTRS, Plesk", _header_is("x-auto-reply", _YES)),
    Rule("x-autoresponder", MailKind.AUTO_REPLY, "ISPConfig", _header_is("x-autoresponder", _YES)),
    Rule("x-autoreply-from", MailKind.AUTO_REPLY, "cPanel", _header_is("x-autoreply-from", _ANY)),
    Rule(
        "x-mail-autoreply", MailKind.AUTO_REPLY, "Roundcube", _header_is("x-mail-autoreply", _YES)
    ),
    Rule("x-vacation", MailKind.AUTO_REPLY, "Sieve front ends", _header_is("x-vacation", _YES)),
    Rule(
        "x-apple-action: vacation",
        MailKind.AUTO_REPLY,
        "iCloud Mail",
        _header_is("x-apple-action", r"\s*vacation"),
    ),
    Rule(
        "preference: auto_reply",
        MailKind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        _header_is("preference", r"\s*auto[_-]?reply"),
    ),
    Rule(
        "delivered-to: autoresponder",
        MailKind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        _header_is("delivered-to", r"\s*auto-?responder\b"),
    ),
    Rule(
        "x-post-messageclass: autoresponder",
        MailKind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        _header_is("x-post-messageclass", r".*autoresponder"),
    ),
    Rule(
        "sender challenge",
        MailKind.AUTO_REPLY,
        "BoxTrapper, SpamArrest",
        _in_mail(auto_replies.challenge),
    ),
    Rule(
        "auto-reply subject",
        MailKind.AUTO_REPLY,
        "Exchange and others, by language",
        _in_mail(auto_replies.auto_subject),
    ),
    # A contact form's mail is its customer's, whatever headers the form's program writes.
    Rule("contact form", MailKind.MACHINE, "FORM_SENDERS, common usage", _form_for_machine),
    Rule("failed dmarc", MailKind.MACHINE, "FORM_SENDERS, RFC 7489 6.6", _forged_form),
    Rule("contact form", MailKind.PERSON, "FORM_SENDERS", _form),
    Rule(
        "auto-submitted",
        MailKind.MACHINE,
        "RFC 3834 5, RFC 5436 2.7.1",
        _header_is("auto-submitted", r"\s*(?:\([^)]*\)\s*)*(?!no\b)\S"),
    ),
    Rule("list-id", MailKind.MACHINE, "RFC 2919", _header_is("list-id", _ANY)),
    Rule(
        "list-unsubscribe",
        MailKind.MACHINE,
        "RFC 2369, RFC 8058",
        _header_is("list-unsubscribe", _ANY),
    ),
    Rule("list-post", MailKind.MACHINE, "RFC 2369", _header_is("list-post", _ANY)),
    Rule(
        "list software",
        MailKind.MACHINE,
        "Mailman, RFC 2369",
        _in_mail(machine_senders.list_software),
    ),
    Rule("list's return path", MailKind.MACHINE, "RFC 3834 2", _in_mail(machine_senders.list_path)),
    Rule(
        "bulk mail service",
        MailKind.MACHINE,
        "the services",
        _in_mail(machine_senders.bulk_service),
    ),
    Rule("ticket system", MailKind.MACHINE, "the systems", _in_mail(machine_senders.ticket_system)),
    Rule("mailing-list", MailKind.MACHINE, "ezmlm, Yahoo Groups", _header_is("mailing-list", _ANY)),
    Rule(
        "precedence",
        MailKind.MACHINE,
        "RFC 2076 3.9, sendmail",
        _header_is("precedence", r"\s*(?:bulk|list|junk)\b"),
    ),
    Rule(
        "x-auto-response-suppress",
        MailKind.MACHINE,
        "MS-OXCMAIL 2.1.3.2.14",
        _header_is("x-auto-response-suppress", r"\s*(?!none\b)\S"),
    ),
    Rule(
        "exchange mailbox rule",
        MailKind.MACHINE,
        "MS-OXCMAIL, Exchange transport",
        _header_is("x-ms-exchange-generated-message-source", r"\s*mailbox rules agent"),
    ),
    Rule(
        "exchange rules loop",
        MailKind.MACHINE,
        "MS-OXCMAIL, Exchange transport",
        _header_is("x-ms-exchange-inbox-rules-loop", _ANY),
    ),
    Rule(
        "x-autogenerated", MailKind.MACHINE, "Mailman, CiviCRM", _header_is("x-autogenerated", _YES)
    ),
    Rule("x-auto-generated", MailKind.MACHINE, "various", _header_is("x-auto-generated", _YES)),
    Rule(
        "x-fc-machinegenerated",
        MailKind.MACHINE,
        "FirstClass",
        _header_is("x-fc-machinegenerated", _YES),
    ),
    Rule("x-cron-env", MailKind.MACHINE, "cron(8)", _header_is("x-cron-env", _ANY)),
    Rule("noreply address", MailKind.MACHINE, "common usage", _in_mail(_no_reply)),
    Rule("address of a program", MailKind.MACHINE, "RFC 2142, RFC 3834 2", _in_mail(_program)),
    Rule("null return path", MailKind.MACHINE, "RFC 5321 4.5.5, RFC 3834 2", _in_mail(_null_path)),
    Rule("failed dmarc", MailKind.MACHINE, "RFC 7489 6.6", _failed_dmarc),
    # Nobody to answer, but something to read.
    Rule("no sender", MailKind.MACHINE, "RFC 5322 3.6.2", _no_requester),
)


def classify(mail: ParsedEmail, desk: DeskIdentity, requester: Address | None = None) -> Verdict:
    """Return the verdict of the first rule that matches; a person's mail matches none.

    requester: whose ticket it goes to, by default the sender. Never raises by itself.
    """
    examined = Examination(mail, mail.sender if requester is None else requester, desk)
    kind, name, evidence = MailKind.PERSON, "no sign of a machine", ""
    for rule in RULES:
        if evidence := rule.evidence(examined):
            kind, name = rule.kind, rule.name
            break
    return Verdict(kind, name, evidence[:200], examined.report, examined.authentication)
