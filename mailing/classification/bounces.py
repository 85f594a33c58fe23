"""Read delivery failures and complaints: the recipients, the reason, the mail they are about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.classification import (
    bounce_phrases,
    bounce_recipients,
    bounce_signs,
    returned_message,
)
from mailing.classification.returned_message import REPORT_CHARACTERS
from mailing.parsing import addresses, headers
from mailing.parsing.message import ParsedEmail

_REASON_CHARACTERS = 500

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b(?![.\d])")
_REPLY = re.compile(r"(?<![\d.,:/-])([45])[0-7]\d(?:[ \-]|$)")
_REASON = re.compile(r"^.*(?:\b[45]\d\d[ -][^\n]{4,}|\b[45]\.\d\.\d{1,3}\b.*|<<< .*)$", re.M)


@dataclass(frozen=True, slots=True, repr=False)
class Bounce:
    """A delivery report or a complaint.

    recipients: addresses in lower case, may be empty.
    action: "failed", "delayed", "delivered" (a receipt that was asked for) or "complaint".
    status: RFC 3463 code such as "5.1.1", "" when the report has none.
    reason: what the mail server said, one line.
    original_message_ids: of the mail that the report is about, the surest first.
    sign: the feature by which it was recognised.
    is_proven: whether its structure proves that no person wrote it.
    """

    recipients: tuple[str, ...]
    action: str
    status: str
    reason: str
    original_message_ids: tuple[str, ...]
    sign: str
    is_proven: bool

    @property
    def is_hard(self) -> bool:
        """Whether mail to the address is refused for good (RFC 3463 class 5) or unwanted.

        A full mailbox (5.2.2) may be empty tomorrow.
        """
        return self.action == "complaint" or (
            self.action == "failed" and not self.status.startswith(("4", "2", "5.2.2"))
        )


def find_bounce(mail: ParsedEmail) -> Bounce | None:
    """Return the content of a delivery report, None when the mail is not a report. Never raises."""
    sign = bounce_signs.find_bounce_sign(mail)
    if not sign:
        return None
    groups = _read_status_groups(mail)
    is_proven = bounce_signs.is_proven(mail)
    return _read_status(mail, groups, sign, is_proven) or _read_text(mail, groups, sign, is_proven)


def find_complaint(mail: ParsedEmail) -> Bounce | None:
    """Return the content of a spam complaint (ARF, RFC 5965), None when the mail is not one."""
    sign = bounce_signs.find_complaint_sign(mail)
    if not sign:
        return None
    is_proven = bounce_signs.is_proven(mail)
    texts = [report.text for report in mail.reports if report.type == "message/feedback-report"]
    block = "\n".join(texts).encode("utf-8", "replace")
    fields, _offset = headers.parse_fields(block, is_part=True)
    recipients = [
        address.email
        for field in fields
        if field.name in ("original-rcpt-to", "removal-recipient", "original-recipient")
        for address in addresses.parse(field.value.removeprefix("rfc822;"))
    ]
    feedback_type = headers.to_single_line(headers.first_value(fields, "feedback-type"), 100)
    return Bounce(
        recipients=bounce_recipients.make_unique(
            recipients or returned_message.returned_recipients(mail)
        ),
        action="complaint",
        status="",
        reason=f"complaint: {feedback_type or 'abuse'}",
        original_message_ids=returned_message.find_message_ids(mail, is_proven=is_proven),
        sign=sign,
        is_proven=is_proven,
    )


def _read_status_groups(mail: ParsedEmail) -> list[dict[str, str]]:
    """Return the groups of fields of the delivery-status parts (RFC 3464, 2.1).

    The first group is about the message, each other about a recipient. When the MIME structure of
    the report is broken, they are in the text.
    """
    texts = [report.text for report in mail.reports if report.type in bounce_signs.STATUS_REPORTS]
    if not texts and re.search(r"^(?:final|original)-recipient\s*:", mail.text, re.I | re.M):
        texts = [mail.text[:REPORT_CHARACTERS]]
    groups = []
    for block in re.split(r"\n[ \t]*\n", "\n".join(texts))[:200]:
        fields, _offset = headers.parse_fields(block.encode("utf-8", "replace"))
        groups.append({field.name: field.value for field in reversed(fields)})
    return [group for group in groups if group]


def _read_status(
    mail: ParsedEmail, groups: list[dict[str, str]], sign: str, is_proven: bool
) -> Bounce | None:
    about_recipients = [
        group for group in groups if "final-recipient" in group or "original-recipient" in group
    ]
    if not about_recipients:
        return None
    order = {"failed": 0, "delayed": 1}
    about_recipients.sort(key=lambda group: order.get(_read_action(group), 2))
    worst, action = about_recipients[0], _read_action(about_recipients[0])
    recipients = [
        email
        for group in about_recipients
        if _read_action(group) == action
        for email in _read_recipients(group)
    ]
    reason = worst.get("diagnostic-code", "") or worst.get("status", "")
    codes = _STATUS.findall(f"{worst.get('status', '')} {reason}")
    # Of "5.0.0" and a diagnostic "550 5.1.1" the second is more specific.
    specific = [code for code in codes if code[0] == codes[0][0] and not code.endswith(".0.0")]
    return Bounce(
        recipients=bounce_recipients.make_unique(recipients),
        action=action,
        status=next(iter(specific or codes), ""),
        reason=headers.to_single_line(re.sub(r"^[\w-]+\s*;\s*", "", reason), _REASON_CHARACTERS),
        original_message_ids=returned_message.find_message_ids(mail, is_proven=is_proven),
        sign=sign,
        is_proven=is_proven,
    )


def _read_action(group: dict[str, str]) -> str:
    word = re.match(r"[a-z]+", group.get("action", "").strip().lower())
    if not word:
        return "delayed" if group.get("status", "").strip().startswith("4") else "failed"
    if word[0] in ("delivered", "relayed", "expanded"):
        return "delivered"
    return "delayed" if word[0] == "delayed" else "failed"


def _read_recipients(group: dict[str, str]) -> list[str]:
    """Return a group's addresses, first the original recipient, which is the one in our outbox."""
    recipients: list[str] = []
    for name in ("original-recipient", "final-recipient"):
        value = group.get(name, "").rpartition(";")[2]
        recipients += [address.email for address in addresses.parse(value)]
    return recipients


def _read_text(
    mail: ParsedEmail, groups: list[dict[str, str]], sign: str, is_proven: bool
) -> Bounce:
    text = bounce_phrases.cut_off_original(mail.text[:REPORT_CHARACTERS])
    field_values = " ".join(value for group in groups for value in group.values())
    reason_line = _REASON.search(text)
    reason = headers.to_single_line(reason_line[0] if reason_line else "", _REASON_CHARACTERS)
    status = _STATUS.search(reason) or _STATUS.search(text) or _STATUS.search(field_values)
    reply = _REPLY.search(reason) or _REPLY.search(text)
    code = status[1] if status else f"{reply[1]}.0.0" if reply else ""
    is_delayed = bounce_phrases.is_delay(mail.subject, text) and not code.startswith("5")
    return Bounce(
        recipients=bounce_recipients.find_recipients(mail, text),
        action="delayed" if is_delayed else "failed",
        status=code,
        reason=reason or bounce_phrases.find_text_form(text) or mail.subject[:_REASON_CHARACTERS],
        original_message_ids=returned_message.find_message_ids(mail, is_proven=is_proven),
        sign=sign,
        is_proven=is_proven,
    )
