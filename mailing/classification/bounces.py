"""Delivery failures: whether a mail is one, whom it failed to reach, why, and which mail of ours.

Standard reports (RFC 3464) are known by their structure. The many others are known by two signs
together: who sends it (a mailer daemon, an empty return path, a header only mail servers write)
and what it says (bounce_senders and bounce_words hold these). One sign alone is never enough, so
that a person who writes about a bounce, or forwards one, is not taken for a mail server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.classification import auto_replies, bounce_phrases, bounce_senders, returned_message
from mailing.parsing import addresses, headers
from mailing.parsing.message import ParsedEmail

_TEXT_CHARACTERS = 20_000
_REASON_CHARACTERS = 500
_MAX_RECIPIENTS = 20

_STATUS_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b(?![.\d])")
_REPLY = re.compile(r"(?<![\d.,:/-])([45])[0-7]\d(?:[ \-]|$)")
_REASON = re.compile(r"^.*(?:\b[45]\d\d[ -][^\n]{4,}|\b[45]\.\d\.\d{1,3}\b.*|<<< .*)$", re.M)
# The fields of a report whose MIME structure broke (RFC 5965, 3.1 and 3.2).
_ARF_TYPE = re.compile(r"^feedback-type:\s*[\w-]+\s*$", re.I | re.M)
_ARF_MORE = re.compile(
    r"^(?:original-mail-from|original-rcpt-to|source-ip|reported-domain|user-agent):", re.I | re.M
)
_ADDRESS = r"([^\s<>()\[\]\",;:]{1,64}@[^\s<>()\[\]\",;:]{1,190}\.[^\s<>()\[\]\",;:.]{2,24})"
_LISTED = re.compile(
    rf"^[ \t>*.-]*(?:[^\n:@]{{0,40}}\bdelivered to[: \t]*|(?:recipient|to|rcpt to|address"
    rf"|failed recipient|original address|recipient address|получатель|адрес|кому)"
    rf"[^\n:]{{0,20}}:\s*)?"
    rf"<?{_ADDRESS}>?[ \t]*(?::|$|\.\.\.|\()",
    re.I | re.M,
)
_QUOTE = re.compile(r"^>(?: .*)?$", re.M)
# Mailboxes that complaints come from, when their structure broke.
_COMPLAINT_SENDER = re.compile(r"abuse|feedback|fbl|complaint|spam|scomp|^staff$|report|postmaster")
_QUOTED_TO = re.compile(rf"^[ \t>|]*(?:rcpt )?to:[^\n<@]{{0,80}}?<?{_ADDRESS}", re.I | re.M)
_ANY_ADDRESS = re.compile(rf"<?{_ADDRESS}>?")


@dataclass(frozen=True, slots=True, repr=False)
class Bounce:
    """A report on mail of ours.

    action: "failed", "delayed", "delivered" (a receipt that was asked for) or "complaint".
    status: RFC 3463 code such as "5.1.1", "" when the report tells none.
    reason: what the mail server said, one line. recipients: addresses in lower case, may be empty.
    original_message_ids: of the mail that it is about, the surest first.
    rule: which sign it was known by.
    """

    recipients: tuple[str, ...]
    action: str
    status: str
    reason: str
    original_message_ids: tuple[str, ...]
    rule: str

    @property
    def is_hard(self) -> bool:
        """Whether the address itself is refused for good (RFC 3463 class 5), or its owner
        complained. A full mailbox (5.2.2) may be empty tomorrow."""
        return self.action == "complaint" or (
            self.action == "failed" and not self.status.startswith(("4", "2", "5.2.2"))
        )


def find_bounce(mail: ParsedEmail) -> Bounce | None:
    """Return what a delivery report says, or None when the mail is none. Never raises."""
    rule = _rule(mail)
    if not rule:
        return None
    fields = _status_fields(mail)
    return _from_status(mail, fields, rule) or _from_text(mail, fields, rule)


def find_complaint(mail: ParsedEmail) -> Bounce | None:
    """Return what a spam complaint (ARF, RFC 5965) says, or None when the mail is none."""
    rule = _complaint_rule(mail)
    if not rule:
        return None
    found = [r.text for r in mail.reports if r.type == "message/feedback-report"]
    fields = headers.parse_fields("\n".join(found).encode("utf-8", "replace"), is_part=True)[0]
    recipients = [
        one.email
        for field in fields
        if field.name in ("original-rcpt-to", "removal-recipient", "original-recipient")
        for one in addresses.parse(field.value.removeprefix("rfc822;"))
    ]
    if not recipients:
        recipients = [one for value in returned_message.fields(mail, "to") for one in value]
    kind = headers.to_single_line(headers.first_value(fields, "feedback-type"), 100)
    reason = f"complaint: {kind or 'abuse'}"
    return Bounce(
        _unique(recipients), "complaint", "", reason, returned_message.message_ids(mail), rule
    )


def _complaint_rule(mail: ParsedEmail) -> str:
    if mail.report_type == "feedback-report":
        return "feedback-report"
    has_part = any(report.type == "message/feedback-report" for report in mail.reports)
    if has_part and not bounce_senders.is_by_hand(mail):
        return "feedback-report"
    if bounce_senders.is_ses_complaint(mail):
        return "amazon ses notification"
    text = mail.text[:_TEXT_CHARACTERS]
    # People paste such text too, and ask what it is.
    from_provider = _COMPLAINT_SENDER.search(mail.sender.email.split("@")[0])
    if (
        _ARF_TYPE.search(text)
        and _ARF_MORE.search(text)
        and (from_provider or bounce_senders.is_impersonal(mail))
    ):
        return "feedback-report in the text"
    if mail.header("x-apple-unsubscribe").lower() == "true":
        return "x-apple-unsubscribe"
    if mail.subject.lower().startswith("complaint about message from ") and re.match(
        r"staff@hotmail\.com$|complaints@.*\bamazonses\.com$", mail.sender.email
    ):
        return "complaint about message"
    return ""


def _rule(mail: ParsedEmail) -> str:
    """Name the sign by which a mail is a delivery report; "" when it is none."""
    if _complaint_rule(mail):
        return ""
    has_status = any(report.type in _STATUS_REPORTS for report in mail.reports)
    if mail.report_type == "delivery-status" or mail.content_type in _STATUS_REPORTS:
        return "delivery-status report"
    if has_status and mail.content_type == "multipart/report":
        return "delivery-status report"
    daemon = bounce_senders.is_daemon(mail)
    if mail.report_type == "disposition-notification":
        # Sieve refuses mail in the form of a receipt (RFC 5429, 2.2).
        refused = daemon and bounce_phrases.subject(mail.subject)
        return f"rejecting receipt, {refused}" if refused else ""
    null_path = mail.header("return-path").replace(" ", "") == "<>"
    subject = bounce_phrases.subject(mail.subject)
    if has_status and (daemon or null_path or subject):
        return "delivery-status part"
    if mail.header("x-failed-recipients") and (daemon or null_path or subject):
        return "x-failed-recipients"
    if auto_replies.is_prefixed(mail.subject):
        subject = ""  # the failure that it names is the one it answers
    if not (daemon or subject) and auto_replies.is_auto_reply(mail):
        return ""
    return _worded_rule(mail, daemon=daemon, null_path=null_path, subject=subject)


def _worded_rule(mail: ParsedEmail, *, daemon: str, null_path: bool, subject: str) -> str:
    text = mail.text[:_TEXT_CHARACTERS]
    if daemon == "mailer-daemon":
        return f"mailer-daemon, {subject or bounce_phrases.body(text) or 'by its address'}"
    if bounce_senders.is_by_hand(mail):
        return ""
    if null_path and subject:
        return f"null return path, {subject}"
    # What is quoted with "> " somebody else wrote; ">>> " and "<<< " are SMTP.
    text = _QUOTE.sub("", text)
    body = bounce_phrases.body(text)
    if daemon and (subject or body) and _has_trace(mail, text, subject, body):
        return f"{daemon}, {subject or body}"
    if null_path and body and _has_sure_trace(mail, text, body):
        return f"null return path, {body}"
    if subject and body and bounce_senders.is_impersonal(mail) and _has_trace(mail, text, "", body):
        return f"impersonal sender, {subject}"
    return bounce_senders.special(mail, text)


def _has_trace(mail: ParsedEmail, text: str, subject: str, body: str) -> bool:
    """Whether there is a trace of the mail reported on: spam that claims "undelivered messages" in
    a postmaster's name has none."""
    if _has_sure_trace(mail, text, body):
        return True
    named = _foreign(mail, _ANY_ADDRESS.findall(text)) if subject else _listed(mail, text)
    return bool(named) or mail.header("auto-submitted").lower().startswith("auto-")


def _has_sure_trace(mail: ParsedEmail, text: str, body: str) -> bool:
    """Whether there are a mail server's own words, or the mail reported on. An address alone is
    none beside an empty return path: who left a company names there who is to be written to."""
    return bool(
        body in bounce_phrases.TECHNICAL
        or returned_message.originals(mail)
        or returned_message.MESSAGE_ID.search(text)
    )


def _listed(mail: ParsedEmail, text: str) -> list[str]:
    """Addresses that stand alone on a line, or after a word for recipient; not the mail's own."""
    return _foreign(mail, _LISTED.findall(text))


def _foreign(mail: ParsedEmail, found: list[str]) -> list[str]:
    own = {mail.sender.email, *(one.email for one in mail.to)}
    return [email for one in found if (email := one.lower()) not in own]


def _status_fields(mail: ParsedEmail) -> list[dict[str, str]]:
    """The groups of fields of a delivery-status part (RFC 3464, 2.1), also of one that stands in
    the text because the report's MIME structure broke."""
    texts = [report.text for report in mail.reports if report.type in _STATUS_REPORTS]
    if not texts and re.search(r"^(?:final|original)-recipient\s*:", mail.text, re.I | re.M):
        texts = [mail.text[:_TEXT_CHARACTERS]]
    groups = []
    for group in re.split(r"\n[ \t]*\n", "\n".join(texts))[:200]:
        fields = headers.parse_fields(group.encode("utf-8", "replace"))[0]
        groups.append({field.name: field.value for field in reversed(fields)})
    return [group for group in groups if group]


def _from_status(mail: ParsedEmail, groups: list[dict[str, str]], rule: str) -> Bounce | None:
    about = [g for g in groups if "final-recipient" in g or "original-recipient" in g]
    if not about:
        return None
    order = {"failed": 0, "delayed": 1}
    about.sort(key=lambda group: order.get(_action(group), 2))
    worst, action = about[0], _action(about[0])
    recipients = [
        address for group in about if _action(group) == action for address in _recipient(group)
    ]
    reason = worst.get("diagnostic-code", "") or worst.get("status", "")
    codes = _STATUS.findall(f"{worst.get('status', '')} {reason}")
    # Of "5.0.0" and a diagnostic "550 5.1.1" the second says more.
    telling = [code for code in codes if code[0] == codes[0][0] and not code.endswith(".0.0")]
    return Bounce(
        _unique(recipients),
        action,
        next(iter(telling or codes), ""),
        headers.to_single_line(re.sub(r"^[\w-]+\s*;\s*", "", reason), _REASON_CHARACTERS),
        returned_message.message_ids(mail),
        rule,
    )


def _action(group: dict[str, str]) -> str:
    word = re.match(r"[a-z]+", group.get("action", "").strip().lower())
    if not word:
        return "delayed" if group.get("status", "").strip().startswith("4") else "failed"
    if word[0] in ("delivered", "relayed", "expanded"):
        return "delivered"
    return "delayed" if word[0] == "delayed" else "failed"


def _recipient(group: dict[str, str]) -> list[str]:
    """The address mail was sent to first: the original one is what our outbox knows."""
    found = []
    for name in ("original-recipient", "final-recipient"):
        value = group.get(name, "").rpartition(";")[2]
        found += [one.email for one in addresses.parse(value)]
    return found


def _from_text(mail: ParsedEmail, groups: list[dict[str, str]], rule: str) -> Bounce:
    text = bounce_phrases.before_original(mail.text[:_TEXT_CHARACTERS])
    known = " ".join(value for group in groups for value in group.values())
    reason_line = _REASON.search(text)
    reason = headers.to_single_line(reason_line[0] if reason_line else "", _REASON_CHARACTERS)
    status = _STATUS.search(reason) or _STATUS.search(text) or _STATUS.search(known)
    reply = _REPLY.search(reason) or _REPLY.search(text)
    code = status[1] if status else f"{reply[1]}.0.0" if reply else ""
    delayed = bounce_phrases.is_delay(mail.subject, text) and not code.startswith("5")
    return Bounce(
        _recipients(mail, text),
        "delayed" if delayed else "failed",
        code,
        reason or bounce_phrases.body(text) or mail.subject[:_REASON_CHARACTERS],
        returned_message.message_ids(mail),
        rule,
    )


def _recipients(mail: ParsedEmail, text: str) -> tuple[str, ...]:
    failed = [
        one.email
        for name in ("x-failed-recipients", "original-recipient", "x-actual-recipient")
        for value in mail.all_headers(name)
        for one in addresses.parse(value.rpartition(";")[2])
    ]
    if failed:
        return _unique(failed)
    listed = _listed(mail, text)
    if not listed:
        listed = [one for value in returned_message.fields(mail, "to") for one in value]
    if not listed:
        listed = _foreign(mail, _QUOTED_TO.findall(mail.text[:_TEXT_CHARACTERS]))[:1]
    if not listed:
        listed = _foreign(mail, _ANY_ADDRESS.findall(text))[:1]
    return _unique([addresses.normalize(found) for found in listed])


def _unique(recipients: list[str]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(recipients) if one)[:_MAX_RECIPIENTS]
