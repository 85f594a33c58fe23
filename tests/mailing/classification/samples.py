"""Classify the mail of tests as a desk of their own would."""

from __future__ import annotations

from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import Verdict, classify
from mailing.parsing.message import ParsedEmail, parse
from tests.paths import MAIL

_LOOP_HEADER = "x-servicedesk-loop"
DESK = DeskIdentity(
    addresses=("help.desk@gmail.com", "support@desk.example"),
    is_our_message_id=lambda message_id: message_id == "<ours@desk.example>",
    find_our_loop_header=lambda mail: "signed" if "signed" in mail.header(_LOOP_HEADER) else "",
)


def verdict(fields: str, sender: str = "anna@client.example", subject: str = "Printer") -> Verdict:
    """Return the verdict on a mail with these header fields."""
    raw = f"From: {sender}\nSubject: {subject}\n{fields}\n\nIt does not print.\n"
    return classify(parse(raw.encode()), DESK)


def sample(name: str) -> ParsedEmail:
    """Return a mail of `tests/mailing/mail`."""
    return parse((MAIL / name).read_bytes())


def text_mail(sender: str, subject: str, text: str, more: str = "") -> ParsedEmail:
    """Return a mail of plain text; more: further header fields, each with its line end."""
    return parse(f"From: {sender}\nSubject: {subject}\n{more}\n{text}\n".encode())
