"""Process one claimed mail: parse it, classify it, and put it into its ticket."""

import hashlib
from dataclasses import dataclass
from traceback import clear_frames
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from psycopg2.errors import ProgramLimitExceeded
from structlog.contextvars import bound_contextvars

from mailing import own_mail
from mailing.classification.evidence import FOREIGN_LIST
from mailing.classification.reactions import find_reaction
from mailing.classification.rules import Verdict
from mailing.inbound import delivery_reports, matching, outcomes, queue, reactions
from mailing.inbound.inbox import read_raw
from mailing.inbound.message_content import new_files, origin, parse_summary
from mailing.inbound.states import State
from mailing.inbound.verdict import classify_for_desk
from mailing.kinds import MailKind
from mailing.mailboxes import canonical_address
from mailing.models import InboundEmail
from mailing.outbound import suppression
from mailing.parsing import message, mime
from mailing.parsing.addresses import Address
from mailing.parsing.message import ParsedEmail
from tickets import services
from tickets.exceptions import StoreUnavailable
from tickets.files import store
from tickets.files.store import NewFile
from tickets.models import Message, Requester

log = structlog.get_logger(__name__)

# They are recorded on the mail that they are about.
_REPORTS = (MailKind.BOUNCE, MailKind.COMPLAINT)


@dataclass(frozen=True, repr=False)
class Parsed:
    """A parsed mail with its verdict, its requester and its files, which are not stored yet."""

    mail: ParsedEmail
    verdict: Verdict
    requester: Address
    files: list[NewFile]


def process(*, inbound_id: int, holder: UUID) -> None:
    """Process a claimed mail; after a failure it waits for another attempt, three in all.

    Raises only when the database is down.
    """
    claimed = InboundEmail.objects.filter(pk=inbound_id, lease_holder=holder, state=State.RECEIVED)
    # Counted before the attempt, so that a mail that kills its worker is not tried for ever.
    if not claimed.update(attempts=F("attempts") + 1):
        return  # the lease has expired, and another worker has claimed it
    inbound = claimed.defer("raw").get()
    with bound_contextvars(trace=inbound.trace):
        if inbound.attempts > outcomes.MAX_ATTEMPTS:
            outcomes.quarantine_after_last_attempt(inbound_id, holder)
        else:
            _attempt(inbound, claimed, holder)


def _attempt(inbound: InboundEmail, claimed: QuerySet[InboundEmail], holder: UUID) -> None:
    try:
        parsed = _parse(inbound)
        if parsed.files:
            _store_files(claimed, parsed.files)
        with transaction.atomic():
            if queue.lock_claimed(inbound.pk, holder):
                settle(inbound, parsed)
    except StoreUnavailable:
        outcomes.defer_for_storage(inbound.pk, holder)
    except Exception as error:
        if _is_database_failure(error):
            outcomes.uncount_attempt(inbound.pk, holder)
            raise
        clear_frames(error.__traceback__)  # frees memory: the error may be a MemoryError
        log.exception("mail_failed", inbound=inbound.pk, attempt=inbound.attempts)
        outcomes.retry_or_quarantine(inbound.pk, holder, error)


def _parse(inbound: InboundEmail) -> Parsed:
    raw, had_crlf = mime.join_pieces(read_raw(inbound.pk))
    mail, mail_files = message.parse_with_files(raw, settings.PARSE_LIMITS, had_crlf=had_crlf)
    verdict, requester = classify_for_desk(mail, inbound_id=inbound.pk, as_person=inbound.as_person)
    inbound.message_id_header = mail.message_id
    inbound.kind = verdict.kind
    # An accepted mail may be a copy of another, so it is not marked as processed once.
    inbound.fingerprint = "" if inbound.as_person else _fingerprint(mail, requester.email)
    inbound.parse = parse_summary(mail, mail_files, verdict)
    has_message = not mail.problem and not _is_recorded_report(verdict)
    files = new_files(mail, mail_files) if has_message else []
    return Parsed(mail, verdict, requester, files)


def _store_files(claimed: QuerySet[InboundEmail], files: list[NewFile]) -> None:
    """Store a mail's files, outside any transaction; raises `StoreUnavailable`.

    Meanwhile the attempt does not count, since a worker that dies while a storage hangs says
    nothing about the mail.
    """
    claimed.update(attempts=F("attempts") - 1)
    try:
        store.store_files(files)
    finally:
        claimed.update(attempts=F("attempts") + 1)


def settle(inbound: InboundEmail, parsed: Parsed) -> None:
    """Decide what becomes of a parsed mail, and record it, in the caller's transaction."""
    verdict = parsed.verdict
    if parsed.mail.problem:
        outcomes.record_end(inbound, State.QUARANTINED, parsed.mail.problem)
    elif verdict.kind == MailKind.OURS and not inbound.as_import:
        outcomes.record_end(inbound, State.IGNORED, f"our own mail: {verdict.evidence}")
    elif _was_processed(inbound.fingerprint):
        outcomes.record_end(
            inbound, State.IGNORED, "this Message-ID, sender, Date and body were processed before"
        )
    elif verdict.report is not None and _is_recorded_report(verdict):
        delivery_reports.settle_report(inbound, verdict.report)
    else:
        _add_to_ticket(inbound, parsed)


def _add_to_ticket(inbound: InboundEmail, parsed: Parsed) -> None:
    """Lock a mail's requester, and add the mail to their open ticket or to a new one."""
    mail, verdict = parsed.mail, parsed.verdict
    email, name = parsed.requester.email, parsed.requester.name
    requester = services.lock_requester(
        email=email, name=name, canonical_email=canonical_address(email)
    )
    open_ticket = services.lock_open_ticket(requester=requester)
    if open_ticket is None and _is_ignored_auto_reply(mail, verdict):
        outcomes.record_end(
            inbound,
            State.IGNORED,
            f"an auto-reply without an open request: {verdict.evidence}",
        )
        return
    if reactions.add_reaction(inbound, mail, verdict, requester):
        return
    match = matching.match(
        requester=requester,
        open_ticket=open_ticket,
        references=[*mail.in_reply_to, *reversed(mail.references)],
    )
    if verdict.kind == MailKind.PERSON:
        suppression.unmute(parsed.requester.email)
    content = _content(inbound, parsed, match, requester)
    if match.open_ticket is not None:
        inbound.message = services.add_message(ticket=match.open_ticket, **content)
    else:
        inbound.message = services.open_ticket(
            requester=requester, previous=match.previous, **content
        )
    inbound.ticket = inbound.message.ticket
    outcomes.record_end(inbound, State.PROCESSED)


def _content(
    inbound: InboundEmail, parsed: Parsed, match: matching.Match, requester: Requester
) -> dict[str, Any]:
    """Return what a mail's message has, as arguments of services.add_message and open_ticket."""
    mail = parsed.mail
    return {
        "title": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "files": parsed.files,
        "written_at": inbound.internal_date,
        "origin": {
            **origin(inbound, mail, parsed.verdict, match),
            "not_acknowledged": _reason_not_to_acknowledge(inbound, parsed, requester),
        },
    }


def _is_recorded_report(verdict: Verdict) -> bool:
    """Return whether a mail is a report that is recorded on a mail of ours and becomes no message.

    What only looks like one becomes a message, unless it returns a mail of ours.
    """
    if verdict.kind not in _REPORTS or verdict.report is None:
        return False
    return verdict.is_proven or delivery_reports.is_about_our_mail(verdict.report)


def _is_ignored_auto_reply(mail: ParsedEmail, verdict: Verdict) -> bool:
    """Return whether a mail is an auto-reply that needs no ticket.

    Its header says so, or its subject does and it answers our notice that a ticket was closed.
    """
    if verdict.kind != MailKind.AUTO_REPLY or verdict.is_proven:
        return verdict.kind == MailKind.AUTO_REPLY
    answered = own_mail.find_answered_mail(mail)
    return answered is not None and answered.kind == answered.Kind.CLOSED


def _reason_not_to_acknowledge(inbound: InboundEmail, parsed: Parsed, requester: Requester) -> str:
    """Return why a new ticket of this mail must not be acknowledged, although a person wrote it.

    A desk that answers each notice from a new address would get notices for ever.
    """
    if inbound.as_person:
        return ""
    if find_reaction(parsed.mail):
        return "it is a reaction"
    if parsed.verdict.rule == FOREIGN_LIST:
        return "it came by a mailing list whose address is not in OWN_ADDRESSES"
    has_written = Message.objects.filter(ticket__requester=requester).exists()
    if has_written or not own_mail.names_automatic_mail(parsed.mail):
        return ""
    return "its sender never wrote before, and it answers an automatic mail of ours"


def _fingerprint(mail: ParsedEmail, requester: str) -> str:
    if not mail.message_id:
        return ""
    # Some programs number their mails anew from the start, so the Date must be the same too.
    date = mail.date.isoformat() if mail.date else mail.header("date")
    parts = "\0".join([mail.message_id, requester, date, mail.body_hash])
    return hashlib.sha256(parts.encode()).hexdigest()


def _was_processed(fingerprint: str) -> bool:
    processed = InboundEmail.objects.filter(fingerprint=fingerprint, state=State.PROCESSED)
    return bool(fingerprint) and processed.exists()


def _is_database_failure(error: Exception) -> bool:
    """Return whether the database failed, and not a mail that is too large for it."""
    return isinstance(error, (OperationalError, InterfaceError)) and not isinstance(
        error.__cause__, ProgramLimitExceeded
    )
