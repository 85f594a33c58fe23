"""Recognise the reports of programs that send them from a postmaster's address.

A mail server reports with an empty return path (RFC 5321, 4.5.5); these programs do not, and
people write from a postmaster's address too. So the text must be the report and nothing else: the
program's fixed wording, the recipient and a diagnostic. Only if X-Mailer names the program may more
follow, the returned mail.

The wordings are those by which Sisimai knows the programs: https://libsisimai.org/en/engine/
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailing.classification import bounce_senders, person_signs, returned_message
from mailing.classification.returned_message import REPORT_CHARACTERS
from mailing.parsing.message import ParsedEmail

_TO = r"<?[^\s<>@]{1,64}@[^\s<>@]{1,190}>?"
_ERROR_LINES = r"(?:[^\n]{0,300}\n){1,6}?"
_FIELD_LINES = r"(?:[ \t]*[A-Z][\w ()-]{1,30}:[^\n]{0,300}(?:\n|\Z)){0,12}"


@dataclass(frozen=True)
class _Program:
    """A program: the start of its report's text, and what it writes besides.

    mailer: what its X-Mailer begins with. returns_mail: whether it returns the mail as a part.
    """

    name: str
    text: re.Pattern[str]
    mailer: str = ""
    returns_mail: bool = False


def _program(name: str, text: str, *, mailer: str = "", returns_mail: bool = False) -> _Program:
    return _Program(name, re.compile(rf"\A\s*{text}"), mailer, returns_mail)


_PROGRAMS = (
    _program(
        "Apache James",
        rf"Error: [^\n]+\n\s*Error message below:\n[45]\d\d {_ERROR_LINES}Message details:\n"
        rf"{_FIELD_LINES}  RCPT TO: {_TO}\n{_FIELD_LINES}\Z",
    ),
    _program(
        "MailMarshal",
        rf"Your message:\n\s*From: [^\n]*\n\s*Subject: [^\n]*\n\s*Could not be delivered because of"
        rf"\n{_ERROR_LINES}The following recipients were affected: *\n"
        rf"(?:\s+{_TO}){{1,20}}\s*Additional Information\n=+\n{_FIELD_LINES}\Z",
    ),
    _program(
        "IMail",
        rf"[\w ]{{3,60}}:? {_TO}\n{_ERROR_LINES}Original message follows\.",
        mailer="<SMTP32 v",
    ),
    _program(
        "m-FILTER",
        rf"{_ERROR_LINES}{_TO}\n{_ERROR_LINES}-------server message\n{_ERROR_LINES}"
        r"-------SMTP command\n",
        mailer="m-FILTER",
    ),
    _program(
        "InterScan",
        rf"(?:\.\.\.\s*)?Sent <<< RCPT TO:{_TO}\nReceived >>> [45]\d\d [^\n]*\s+(?:\.\.\.\s+)?"
        r"\*+ +End of message +\*+\s*\Z",
        returns_mail=True,
    ),
    _program(
        "KDDI",
        rf"送信先の{_ERROR_LINES}(?:[^\n]{{0,300}}\n){{1,6}}Your mail (?:sent on|attempted to be "
        rf"delivered on): [^\n]+\n\s*Could not be delivered to: {_TO}\n *As their [^\n]{{1,80}}\Z",
        returns_mail=True,
    ),
)


def find_program(mail: ParsedEmail) -> str:
    """Return the name of the program whose whole report the mail is, or ""."""
    is_server = bounce_senders.find_daemon(mail) or bounce_senders.is_impersonal(mail)
    if not is_server or person_signs.is_written_by_hand(mail) or person_signs.has_question(mail):
        return ""
    for program in _PROGRAMS:
        has_mailer = mail.header("x-mailer").startswith(program.mailer)
        has_mail = not program.returns_mail or returned_message.returned_texts(mail)
        if has_mailer and has_mail and program.text.match(mail.text[:REPORT_CHARACTERS]):
            return program.name
    return ""
