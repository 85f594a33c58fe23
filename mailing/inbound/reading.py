"""Read claimed mails: parse and classify them, and prepare their messages; nothing is stored."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.utils import timezone

from mailing.classification.reactions import find_reaction
from mailing.classification.rules import Verdict
from mailing.inbound.inbox import read_raw, read_small_mails
from mailing.inbound.message_content import new_files, parse_summary
from mailing.inbound.requester import desk_identity
from mailing.inbound.verdict import classify_for_desk
from mailing.kinds import MailKind
from mailing.models import InboundEmail
from mailing.own_mail import SentMails
from mailing.parsing import message, mime
from mailing.parsing.attachments import MailFile
from mailing.parsing.message import ParsedEmail
from tickets.locking import Sender
from tickets.requester_mail import Content

# They are recorded on the mail that they are about.
_REPORTS = (MailKind.BOUNCE, MailKind.COMPLAINT)


@dataclass(repr=False)
class ReadMail:
    """A claimed mail and how it was understood.

    sent: the mails of ours that the mails of its batch name.
    content: what its message has; its files are not stored yet. Unset for a report.
    """

    inbound: InboundEmail
    parsed: ParsedEmail
    files: tuple[MailFile, ...]
    verdict: Verdict
    sender: Sender
    sent: SentMails
    content: Content = field(init=False)

    @property
    def is_report(self) -> bool:
        """Whether it is recorded on the mail that it is about, and becomes no message.

        What only looks like a report becomes a message.
        """
        verdict = self.verdict
        return verdict.kind in _REPORTS and verdict.report is not None and verdict.is_proven

    @cached_property
    def reaction(self) -> str:
        """The reaction to a message, such as a thumb, that the mail consists of, or ""."""
        return "" if self.inbound.as_person else find_reaction(self.parsed)


# Records that a mail cannot be read; may raise instead.
FailureRecorder = Callable[[InboundEmail, Exception], None]


def read_batch(
    claimed: Sequence[InboundEmail], record_failure: FailureRecorder, *, until: datetime
) -> tuple[list[ReadMail], list[InboundEmail]]:
    """Read claimed mails in their order, and at least one.

    Returns those for which that succeeded, and those for which no time was left.
    """
    small = read_small_mails(claimed)
    parsed, unread = [], list(claimed)
    while unread and (len(unread) == len(claimed) or timezone.now() < until):
        inbound = unread.pop(0)
        try:
            pieces = [small.pop(inbound.pk)] if inbound.pk in small else read_raw(inbound.pk)
            parsed.append((inbound, *_parse(pieces)))
        except Exception as error:  # noqa: BLE001 - it is recorded
            record_failure(inbound, error)
    sent = SentMails.named_by(mail for _inbound, mail, _files in parsed)
    read = []
    for inbound, mail, files in parsed:
        try:
            read.append(_classify(inbound, mail, files, sent))
        except Exception as error:  # noqa: BLE001 - it is recorded
            record_failure(inbound, error)
    return read, unread


def split_reports(
    read: Iterable[ReadMail], record_failure: FailureRecorder
) -> tuple[list[ReadMail], list[ReadMail]]:
    """Separate the mails that become messages, whose content is prepared here, from reports."""
    messages, reports = [], []
    for mail in read:
        if mail.is_report and not mail.parsed.problem:
            reports.append(mail)
            continue
        try:
            mail.content = _prepare_content(mail)
            messages.append(mail)
        except Exception as error:  # noqa: BLE001 - it is recorded
            record_failure(mail.inbound, error)
    return messages, reports


def _parse(pieces: Iterable[bytes]) -> tuple[ParsedEmail, tuple[MailFile, ...]]:
    raw, had_crlf = mime.join_pieces(pieces)
    return message.parse_with_files(raw, settings.PARSE_LIMITS, had_crlf=had_crlf)


def _classify(
    inbound: InboundEmail, mail: ParsedEmail, files: tuple[MailFile, ...], sent: SentMails
) -> ReadMail:
    verdict, requester = classify_for_desk(
        mail, desk_identity(sent), inbound_id=inbound.pk, as_person=inbound.as_person
    )
    sender = Sender(requester.email, requester.name)
    inbound.message_id_header = mail.message_id
    inbound.kind = verdict.kind
    # An accepted mail may be a copy of another, so it is not marked as processed once.
    inbound.fingerprint = "" if inbound.as_person else _fingerprint(mail, requester.email)
    inbound.parse = parse_summary(mail, files, verdict)
    return ReadMail(inbound, mail, files, verdict, sender, sent)


def _prepare_content(mail: ReadMail) -> Content:
    parsed, written_at = mail.parsed, mail.inbound.internal_date
    if mail.reaction:
        text = parsed.text if mail.reaction in parsed.text else f"{mail.reaction}\n{parsed.text}"
        return Content(title=parsed.subject, text=text, written_at=written_at)
    return Content(
        title=parsed.subject,
        text=parsed.text,
        html=parsed.html,
        files=[] if parsed.problem else new_files(parsed, mail.files),
        written_at=written_at,
    )


def _fingerprint(mail: ParsedEmail, requester: str) -> str:
    if not mail.message_id:
        return ""
    # Some programs number their mails anew from the start, so the Date must be the same too.
    date = mail.date.isoformat() if mail.date else mail.header("date")
    parts = "\0".join([mail.message_id, requester, date, mail.body_hash])
    return hashlib.sha256(parts.encode()).hexdigest()
