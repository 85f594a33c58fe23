"""What a mail brings into a ticket besides its text: its files, and why it is there."""

from dataclasses import asdict
from hashlib import sha256
from typing import Any

from django.conf import settings

from mailing.classification.authentication_results import authentication
from mailing.classification.rules import Verdict
from mailing.inbound import matching
from mailing.models import InboundEmail
from mailing.parsing import attachments
from mailing.parsing.attachments import MailFile
from mailing.parsing.message import ParsedEmail
from tickets.files.store import NewFile


def new_files(mail: ParsedEmail, found: tuple[MailFile, ...]) -> list[NewFile]:
    """Return a mail's files as those of a message, not stored yet."""
    shown = attachments.referenced(mail.html)
    return [
        NewFile(
            source=file.chunks,
            name=file.name,
            claimed_type=file.type,
            content_id=file.content_id,
            is_inline=file.content_id in shown,
        )
        for file in found
    ]


def summary(mail: ParsedEmail, found: tuple[MailFile, ...], verdict: Verdict) -> dict[str, Any]:
    """Return what the parser made of a mail, to be held against what it makes of it next time."""
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
        "files": [file.name for file in found],
    }


def origin(
    inbound: InboundEmail, mail: ParsedEmail, verdict: Verdict, found: matching.Match
) -> dict[str, Any]:
    """Return why a message stands where it stands, as the API shows it."""
    return {
        "inbox": inbound.pk,
        "message_id": mail.message_id,
        "kind": verdict.kind,
        "kind_rule": verdict.rule,
        "kind_evidence": verdict.evidence,
        "rule": found.rule,
        "evidence": found.evidence,
        "rejected": found.rejected,
        "authentication": asdict(authentication(mail, settings.AUTHSERV_ID)),
    }
