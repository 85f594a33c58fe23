"""Read the mail that a report returns: as a whole, its header, or quoted in the report's text."""

from __future__ import annotations

import re

from mailing.parsing import addresses, headers
from mailing.parsing.message import ParsedEmail

# How much of a mail's text is searched for a report, which is at its start.
REPORT_CHARACTERS = 20_000
_ORIGINAL_CHARACTERS = 100_000
_MAX_IDS = 20

_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "message/partial",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
# Our loop header holds the Message-ID too, which relays such as Amazon SES replace:
# https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
MESSAGE_ID = re.compile(
    r"^[ \t>|*]*(?:(?:x-)?(?:original-)?message-id|x-servicedesk-loop):\s*(<[^<>\s]{1,400}>)",
    re.I | re.M,
)


def has_report_part(mail: ParsedEmail) -> bool:
    """Return whether the mail has a part that reports on a message, or that message."""
    prefixes = ("message/", "text/rfc822")
    return any(report.type.startswith(prefixes) for report in mail.reports)


def returned_texts(mail: ParsedEmail) -> list[str]:
    """Return the text of every returned message or header."""
    return [report.text for report in mail.reports if report.type in _RETURNED_TYPES]


def returned_recipients(mail: ParsedEmail) -> list[str]:
    """Return the addresses in the To fields of the returned messages."""
    recipients: list[str] = []
    for text in returned_texts(mail):
        block = text[:REPORT_CHARACTERS].encode("utf-8", "replace")
        fields, _offset = headers.parse_fields(block)
        to = addresses.parse(headers.first_value(fields, "to"))
        recipients += [address.email for address in to]
    return recipients


def find_message_ids(mail: ParsedEmail, *, is_proven: bool) -> tuple[str, ...]:
    """Return the Message-IDs of the mail that a report is about, the surest first.

    They come from the returned copy, and if the report is proven to be one also from the text that
    quotes it, and from the report's own In-Reply-To and References. A person's mail has those too.
    """
    message_ids: list[str] = []
    quoting = [mail.text, mail.html] if is_proven else []
    for text in [*returned_texts(mail), *quoting]:
        if len(message_ids) < _MAX_IDS:
            message_ids += MESSAGE_ID.findall(text[:_ORIGINAL_CHARACTERS])
    original_ids = headers.parse_message_ids(mail.header("x-original-message-id"))
    references = [*mail.in_reply_to, *original_ids, *mail.references[-5:]]
    message_ids += references if is_proven else original_ids
    unique = dict.fromkeys(message_ids)
    return tuple(message_id for message_id in unique if message_id != mail.message_id)[:_MAX_IDS]
