"""The mail that a report returns: whole, its header alone, or quoted in the report's text."""

from __future__ import annotations

import re

from mailing.parsing import addresses, headers
from mailing.parsing.message import ParsedEmail

_TEXT_CHARACTERS = 20_000
_ORIGINAL_CHARACTERS = 100_000
_MAX_IDS = 20

_ORIGINALS = (
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


def originals(mail: ParsedEmail) -> list[str]:
    """The text of every returned message or header."""
    return [report.text for report in mail.reports if report.type in _ORIGINALS]


def fields(mail: ParsedEmail, name: str) -> list[list[str]]:
    """The addresses in a field of every returned message."""
    found = []
    for text in originals(mail):
        block = headers.parse_fields(text[:_TEXT_CHARACTERS].encode("utf-8", "replace"))[0]
        found.append([one.email for one in addresses.parse(headers.first_value(block, name))])
    return found


def message_ids(mail: ParsedEmail) -> tuple[str, ...]:
    """Message-IDs of the mail reported on: from the returned copy, from the text that quotes it,
    from the fields by which the report answers it."""
    found: list[str] = []
    for text in [*originals(mail), mail.text, mail.html]:
        if len(found) < _MAX_IDS:
            found += MESSAGE_ID.findall(text[:_ORIGINAL_CHARACTERS])
    more = headers.parse_message_ids(mail.header("x-original-message-id"))
    found += [*mail.in_reply_to, *more, *mail.references[-5:]]
    return tuple(one for one in dict.fromkeys(found) if one != mail.message_id)[:_MAX_IDS]
