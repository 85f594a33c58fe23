"""Find the addresses that a delivery failure without a standard report is about."""

from __future__ import annotations

import re

from mailing.classification import returned_message
from mailing.classification.returned_message import REPORT_CHARACTERS
from mailing.parsing import addresses
from mailing.parsing.message import ParsedEmail

_MAX_RECIPIENTS = 20

_ADDRESS = r"([^\s<>()\[\]\",;:]{1,64}@[^\s<>()\[\]\",;:]{1,190}\.[^\s<>()\[\]\",;:.]{2,24})"
_LISTED = re.compile(
    rf"^[ \t>*.-]*(?:[^\n:@]{{0,40}}\bdelivered to[: \t]*|(?:recipient|to|rcpt to|address"
    rf"|failed recipient|original address|recipient address|получатель|адрес|кому)"
    rf"[^\n:]{{0,20}}:\s*)?"
    rf"<?{_ADDRESS}>?[ \t]*(?::|$|\.\.\.|\()",
    re.I | re.M,
)
_QUOTED_TO = re.compile(rf"^[ \t>|]*(?:rcpt )?to:[^\n<@]{{0,80}}?<?{_ADDRESS}", re.I | re.M)
_ANY_ADDRESS = re.compile(rf"<?{_ADDRESS}>?")


def find_recipients(mail: ParsedEmail, text: str) -> tuple[str, ...]:
    """Return the addresses to which delivery failed, from the surest place that names any.

    text: the report without the mail that it returns.
    """
    recipients = (
        _in_header(mail)
        or find_listed(mail, text)
        or returned_message.returned_recipients(mail)
        or _without_own(mail, _QUOTED_TO.findall(mail.text[:REPORT_CHARACTERS]))[:1]
        or find_any(mail, text)[:1]
    )
    return make_unique([addresses.normalize(recipient) for recipient in recipients])


def _in_header(mail: ParsedEmail) -> list[str]:
    return [
        address.email
        for name in ("x-failed-recipients", "original-recipient", "x-actual-recipient")
        for value in mail.all_headers(name)
        for address in addresses.parse(value.rpartition(";")[2])
    ]


def find_listed(mail: ParsedEmail, text: str) -> list[str]:
    """Return the addresses that are alone on a line or follow a word for recipient.

    Without the mail's own sender and recipients.
    """
    return _without_own(mail, _LISTED.findall(text))


def find_any(mail: ParsedEmail, text: str) -> list[str]:
    """Return all addresses in a text but the mail's own sender and recipients."""
    return _without_own(mail, _ANY_ADDRESS.findall(text))


def _without_own(mail: ParsedEmail, emails: list[str]) -> list[str]:
    own = {mail.sender.email, *(address.email for address in mail.to)}
    return [lower for email in emails if (lower := email.lower()) not in own]


def make_unique(recipients: list[str]) -> tuple[str, ...]:
    """Return the first recipients, without repetitions and empty addresses."""
    return tuple(email for email in dict.fromkeys(recipients) if email)[:_MAX_RECIPIENTS]
