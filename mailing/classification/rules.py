"""Classify a mail as a person's, a machine's, a bounce …: the first matching rule of a table wins.

Each rule names its source, and a function that returns its evidence in the mail, "" when the rule
does not match.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailing.classification import auto_replies, evidence, machine_senders
from mailing.classification.authentication_results import Authentication
from mailing.classification.author import find_author
from mailing.classification.bounces import Bounce
from mailing.classification.evidence import (
    ANY_VALUE,
    TRUE_VALUE,
    Evidence,
    in_header,
    in_mail,
    unless_group,
)
from mailing.classification.examination import DeskIdentity, Examination
from mailing.classification.reactions import find_reaction
from mailing.kinds import MailKind
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail


@dataclass(frozen=True, repr=False)
class Verdict:
    """The kind of a mail, the rule that decided it, and the rule's evidence (up to 200 characters).

    report: the bounce or complaint in the mail. authentication: how the receiving server
    authenticated the sender. is_proven: whether the mail's structure, and not only a name, an
    address or words, shows the kind; nothing else may end without a ticket.
    """

    kind: MailKind
    rule: str
    evidence: str
    report: Bounce | None = None
    authentication: Authentication = Authentication()  # noqa: RUF009 - frozen
    is_proven: bool = True


@dataclass(frozen=True)
class Rule:
    """A row of the table; a hint is a rule about words or names."""

    name: str
    kind: MailKind
    source: str
    find_evidence: Evidence
    is_hint: bool = False


RULES: tuple[Rule, ...] = (
    Rule(
        "delivery failure", MailKind.BOUNCE, "RFC 3464, RFC 5321 4.5.5, bounces.py", evidence.bounce
    ),
    Rule("spam complaint", MailKind.COMPLAINT, "RFC 5965", evidence.complaint),
    Rule("our message id", MailKind.OURS, "our outbox", evidence.our_message_id),
    Rule("our loop header", MailKind.OURS, "our own header, signed", evidence.our_loop_header),
    # Not a machine's mail, which would open a ticket: it answers one mail, as an auto-reply does.
    Rule("read receipt", MailKind.AUTO_REPLY, "RFC 8098", in_mail(evidence.read_receipt)),
    Rule(
        "auto-submitted: auto-replied",
        MailKind.AUTO_REPLY,
        "RFC 3834 5.2",
        in_header("auto-submitted", r"\s*(?:\([^)]*\)\s*)*auto-replied\b"),
    ),
    Rule(
        "precedence: auto_reply",
        MailKind.AUTO_REPLY,
        "https://www.jitbit.com/maxblog/18-detecting-outlook-autoreplyout-of-office-emails-and-x-"
        "auto-response-suppress-header/",
        in_header("precedence", r"\s*auto[_-]?repl"),
    ),
    Rule(
        "x-autoreply",
        MailKind.AUTO_REPLY,
        "Exim, cPanel, Kayako",
        in_header("x-autoreply", TRUE_VALUE),
    ),
    Rule(
        "x-autorespond",
        MailKind.AUTO_REPLY,
        "qmail-autoresponder",
        in_header("x-autorespond", TRUE_VALUE),
    ),
    Rule("x-auto-reply", MailKind.AUTO_REPLY, "OTRS, Plesk", in_header("x-auto-reply", TRUE_VALUE)),
    Rule(
        "x-autoresponder",
        MailKind.AUTO_REPLY,
        "ISPConfig",
        in_header("x-autoresponder", TRUE_VALUE),
    ),
    Rule(
        "x-autoreply-from", MailKind.AUTO_REPLY, "cPanel", in_header("x-autoreply-from", ANY_VALUE)
    ),
    Rule(
        "x-mail-autoreply",
        MailKind.AUTO_REPLY,
        "Roundcube",
        in_header("x-mail-autoreply", TRUE_VALUE),
    ),
    Rule(
        "x-vacation", MailKind.AUTO_REPLY, "Sieve front ends", in_header("x-vacation", TRUE_VALUE)
    ),
    Rule(
        "x-apple-action: vacation",
        MailKind.AUTO_REPLY,
        "iCloud Mail",
        in_header("x-apple-action", r"\s*vacation"),
    ),
    Rule(
        "preference: auto_reply",
        MailKind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        in_header("preference", r"\s*auto[_-]?reply"),
    ),
    Rule(
        "delivered-to: autoresponder",
        MailKind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        in_header("delivered-to", r"\s*auto-?responder\b"),
        is_hint=True,
    ),
    Rule(
        "x-post-messageclass: autoresponder",
        MailKind.AUTO_REPLY,
        "https://github.com/jpmckinney/multi_mail/wiki/Detecting-autoresponders",
        in_header("x-post-messageclass", r".*autoresponder"),
    ),
    Rule(
        "sender challenge",
        MailKind.AUTO_REPLY,
        "BoxTrapper, SpamArrest",
        in_mail(auto_replies.find_challenge),
        is_hint=True,
    ),
    Rule(
        "auto-reply subject",
        MailKind.AUTO_REPLY,
        "Exchange and others, by language",
        evidence.auto_reply_subject,
        is_hint=True,
    ),
    # A colleague, a device or a forger: what this desk sent has its Message-ID or loop header.
    Rule("our address", MailKind.MACHINE, "SUPPORT_ADDRESS, OWN_ADDRESSES", evidence.our_address),
    # A contact form's mail is its customer's, whatever headers the form's program writes.
    Rule(
        "contact form",
        MailKind.MACHINE,
        "FORM_SENDERS, common usage",
        evidence.contact_form_for_machine,
    ),
    Rule(
        "failed dmarc", MailKind.MACHINE, "FORM_SENDERS, RFC 7489 6.6", evidence.forged_contact_form
    ),
    Rule("contact form", MailKind.PERSON, "FORM_SENDERS", evidence.contact_form),
    Rule("unlisted form", MailKind.MACHINE, "common usage", evidence.unlisted_form),
    Rule(
        "auto-submitted",
        MailKind.MACHINE,
        "RFC 3834 5, RFC 5436 2.7.1",
        in_header("auto-submitted", r"\s*(?:\([^)]*\)\s*)*(?!no\b)\S"),
    ),
    Rule("list-id", MailKind.MACHINE, "RFC 2919", unless_group(in_header("list-id", ANY_VALUE))),
    Rule(
        "list-unsubscribe",
        MailKind.MACHINE,
        "RFC 2369, RFC 8058",
        unless_group(in_header("list-unsubscribe", ANY_VALUE)),
    ),
    Rule(
        "list-post", MailKind.MACHINE, "RFC 2369", unless_group(in_header("list-post", ANY_VALUE))
    ),
    Rule(
        "list software",
        MailKind.MACHINE,
        "Mailman, RFC 2369",
        unless_group(in_mail(machine_senders.find_list_software)),
    ),
    Rule(
        "list's return path",
        MailKind.MACHINE,
        "RFC 3834 2",
        unless_group(in_mail(machine_senders.find_list_return_path)),
    ),
    Rule(
        "bulk mail service",
        MailKind.MACHINE,
        "the services",
        in_mail(machine_senders.find_bulk_service),
    ),
    Rule(
        "ticket system",
        MailKind.MACHINE,
        "the systems",
        in_mail(machine_senders.find_ticket_system),
    ),
    Rule(
        "mailing-list",
        MailKind.MACHINE,
        "ezmlm, Yahoo Groups",
        unless_group(in_header("mailing-list", ANY_VALUE)),
    ),
    Rule(
        "precedence",
        MailKind.MACHINE,
        "RFC 2076 3.9, sendmail",
        unless_group(in_header("precedence", r"\s*(?:bulk|list|junk)\b")),
    ),
    Rule(
        "x-auto-response-suppress",
        MailKind.MACHINE,
        "MS-OXCMAIL 2.1.3.2.14",
        in_header("x-auto-response-suppress", r"\s*(?!none\b)\S"),
    ),
    Rule(
        "exchange mailbox rule",
        MailKind.MACHINE,
        "MS-OXCMAIL, Exchange transport",
        in_header("x-ms-exchange-generated-message-source", r"\s*mailbox rules agent"),
    ),
    Rule(
        "exchange rules loop",
        MailKind.MACHINE,
        "MS-OXCMAIL, Exchange transport",
        in_header("x-ms-exchange-inbox-rules-loop", ANY_VALUE),
    ),
    Rule(
        "x-autogenerated",
        MailKind.MACHINE,
        "Mailman, CiviCRM",
        in_header("x-autogenerated", TRUE_VALUE),
    ),
    Rule(
        "x-auto-generated",
        MailKind.MACHINE,
        "various",
        in_header("x-auto-generated", TRUE_VALUE),
    ),
    Rule(
        "x-fc-machinegenerated",
        MailKind.MACHINE,
        "FirstClass",
        in_header("x-fc-machinegenerated", TRUE_VALUE),
    ),
    Rule("x-cron-env", MailKind.MACHINE, "cron(8)", in_header("x-cron-env", ANY_VALUE)),
    Rule("noreply address", MailKind.MACHINE, "common usage", evidence.no_reply_address),
    Rule(
        "address of a program", MailKind.MACHINE, "RFC 2142, RFC 3834 2", evidence.program_address
    ),
    Rule(
        "null return path",
        MailKind.MACHINE,
        "RFC 5321 4.5.5, RFC 3834 2",
        in_mail(evidence.null_return_path),
    ),
    Rule(
        "words before our subject",
        MailKind.MACHINE,
        "auto-replies in languages that the table lacks",
        evidence.words_before_our_subject,
    ),
    Rule("failed dmarc", MailKind.MACHINE, "RFC 7489 6.6", evidence.failed_dmarc),
    # There is nobody to answer, but the mail may be worth reading, so it opens a ticket.
    Rule("no sender", MailKind.MACHINE, "RFC 5322 3.6.2", evidence.no_requester),
    # No sign of a machine: only named, so that `origin` shows why From is not the requester.
    Rule("group", MailKind.PERSON, "RFC 7960 4.1.3, Google Groups, Mailman", evidence.group),
    Rule("reaction", MailKind.PERSON, "Gmail, Outlook", in_mail(find_reaction)),
    Rule("our mailing list", MailKind.PERSON, "OWN_ADDRESSES, RFC 2369", evidence.our_list),
    Rule(evidence.FOREIGN_LIST, MailKind.PERSON, "RFC 2919, RFC 2369", evidence.posted_to_list),
)


def classify(mail: ParsedEmail, desk: DeskIdentity, requester: Address | None = None) -> Verdict:
    """Return the verdict of the first rule that matches; most mail of persons matches none.

    requester: whose ticket the mail goes to, by default its author. Never raises by itself.
    """
    if requester is None:
        requester = find_author(mail, owns=desk.owns, is_form=desk.has_form).address
    examination = Examination(mail, requester, desk)
    report, authentication = examination.report, examination.authentication
    for rule in RULES:
        if text := rule.find_evidence(examination):
            is_report = rule.kind in (MailKind.BOUNCE, MailKind.COMPLAINT) and report is not None
            is_proven = report.is_proven if is_report and report else not rule.is_hint
            return Verdict(rule.kind, rule.name, text[:200], report, authentication, is_proven)
    return Verdict(MailKind.PERSON, "no sign of a machine", "", report, authentication)
