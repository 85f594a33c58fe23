"""What is stored of a parsed mail besides its text: its files and its parse."""

from hashlib import sha256
from typing import Any

from mailing.classification.rules import Verdict
from mailing.parsing import image_references
from mailing.parsing.attachments import MailFile
from mailing.parsing.message import ParsedEmail
from tickets.files.store import NewFile


def new_files(mail: ParsedEmail, mail_files: tuple[MailFile, ...]) -> list[NewFile]:
    """Return a mail's files as files of a message, not stored yet."""
    if not mail_files:
        return []
    shown = image_references.find_shown_content_ids(mail.html)
    return [
        NewFile(
            source=file.chunks,
            name=file.name,
            claimed_type=file.type,
            content_id=file.content_id,
            is_inline=file.content_id in shown,
        )
        for file in mail_files
    ]


def parse_summary(
    mail: ParsedEmail, mail_files: tuple[MailFile, ...], verdict: Verdict
) -> dict[str, Any]:
    """Return how a mail was understood, without its text, to be compared after a replay."""
    return {
        "kind": verdict.kind,
        "kind_rule": verdict.rule,
        "problem": mail.problem,
        "sender": mail.sender.email,
        "message_id": mail.message_id,
        "subject": mail.subject,
        "text_characters": len(mail.text),
        "text_sha256": sha256(mail.text.encode(errors="replace")).hexdigest(),
        "html_characters": len(mail.html),
        "files": [file.name for file in mail_files],
    }
