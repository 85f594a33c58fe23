"""What is stored of a parsed mail besides its text: its files, its parse and its origin."""

from dataclasses import asdict
from hashlib import sha256
from typing import Any

from mailing.classification.rules import Verdict
from mailing.inbound import matching
from mailing.models import InboundEmail
from mailing.parsing import image_references
from mailing.parsing.attachments import MailFile
from mailing.parsing.message import ParsedEmail
from tickets.files.store import NewFile

_REPLY_TO_ADDRESSES = 10


def new_files(mail: ParsedEmail, mail_files: tuple[MailFile, ...]) -> list[NewFile]:
    """Return a mail's files as files of a message, not stored yet."""
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


def origin(
    inbound: InboundEmail, mail: ParsedEmail, verdict: Verdict, match: matching.Match
) -> dict[str, Any]:
    """Return why a message is in its ticket, as the API shows it in `origin`."""
    return {
        "inbox": inbound.pk,
        "accepted": inbound.as_person,
        "message_id": mail.message_id,
        "reply_to": [address.email for address in mail.reply_to[:_REPLY_TO_ADDRESSES]],
        "kind": verdict.kind,
        "kind_rule": verdict.rule,
        "kind_evidence": verdict.evidence,
        "rule": match.rule,
        "evidence": match.evidence,
        "rejected": match.rejected,
        "authentication": asdict(verdict.authentication),
        "signature": mail.signature,
    }
