"""Work the inbox: parse claimed mail, put it into its ticket, record the end."""

import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from traceback import clear_frames
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from psycopg2.errors import ProgramLimitExceeded
from structlog.contextvars import bound_contextvars

from mailing.classification.rules import Kind, Verdict
from mailing.inbound import delivery_reports, inbox, matching, queue
from mailing.inbound.message_content import new_files, origin, summary
from mailing.inbound.verdict import judge
from mailing.models import InboundEmail
from mailing.outbound import suppression
from mailing.parsing import message, mime
from mailing.parsing.message import ParsedEmail
from mailing.queueing import database_retry, leases
from tickets import services
from tickets.exceptions import StoreUnavailable
from tickets.files import store
from tickets.files.store import NewFile

log = structlog.get_logger(__name__)

State = InboundEmail.State

MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=5)
LONGEST_WAIT_FOR_THE_STORE = timedelta(minutes=5)
_WITHOUT_A_MESSAGE = (Kind.BOUNCE, Kind.COMPLAINT)


def work(*, until: datetime) -> int:
    """Work mail until the inbox is empty or `until` is past; return how many."""
    done = 0
    with leases.life() as life:
        while timezone.now() < until and (claimed := _next(life)):
            enough = timezone.now() + queue.LEASE / 2
            for inbound_id in claimed:
                if timezone.now() > enough:  # big mails: let the lease not run out under the rest
                    queue.give_back(life.holder)
                    break
                process(inbound_id=inbound_id, holder=life.holder)
                done += 1
    return done


def _next(life: leases.Life) -> list[int]:
    life.show()
    return queue.claim(holder=life.holder)


def process(*, inbound_id: int, holder: UUID) -> None:
    """Bring one claimed mail to its end; a failure leaves it for another try, at most three.

    Raises only when the database is away.
    """
    mine = InboundEmail.objects.filter(pk=inbound_id, lease_holder=holder, state=State.RECEIVED)
    if not mine.update(attempts=F("attempts") + 1):
        return  # the lease ran out meanwhile, and somebody else has it
    inbound = mine.defer("raw").get()
    with bound_contextvars(trace=inbound.trace):
        _work_on(inbound, mine, holder)


def _work_on(inbound: InboundEmail, mine: QuerySet[InboundEmail], holder: UUID) -> None:
    inbound_id = inbound.pk
    if inbound.attempts > MAX_ATTEMPTS:
        _give_up(inbound_id, holder, inbound.reason or "its worker died")
        return
    try:
        raw, crlf = mime.normalised(inbox.raw_pieces(inbound_id))
        mail, found = message.parse_with_files(raw, settings.PARSE_LIMITS, crlf=crlf)
        verdict, sender = judge(mail, inbound_id=inbound_id)
        inbound.parse = summary(mail, found, verdict)
        has_message = not mail.problem and verdict.kind not in _WITHOUT_A_MESSAGE
        if new := new_files(mail, found) if has_message else []:
            _store(mine, new)
        with transaction.atomic():
            if _locked(inbound_id, holder):
                _settle(inbound, mail, verdict, sender, new)
    except StoreUnavailable:
        _wait_for_the_store(inbound_id, holder)
    except Exception as error:
        if _is_the_databases_fault(error):
            _forget_try(inbound_id, holder)
            raise
        clear_frames(error.__traceback__)  # what it has eaten, where that was all there was
        log.exception("mail_failed", inbound=inbound_id, attempt=inbound.attempts)
        _release(inbound_id, holder, _words(error))


def _store(mine: QuerySet[InboundEmail], new: list[NewFile]) -> None:
    """Store a mail's files, outside any transaction; raises `StoreUnavailable`.

    While the storage is busy the try does not count: a worker that dies with a slow or hanging
    storage says nothing about the mail.
    """
    mine.update(attempts=F("attempts") - 1)
    try:
        store.store_files(new)
    finally:
        mine.update(attempts=F("attempts") + 1)


def _settle(
    inbound: InboundEmail,
    mail: ParsedEmail,
    verdict: Verdict,
    sender: message.Address,
    new: list[NewFile],
) -> None:
    """Write down what becomes of a parsed and judged mail."""
    inbound.message_id_header = mail.message_id
    inbound.kind = verdict.kind
    inbound.fingerprint = _fingerprint(mail, sender.email)
    if mail.problem:
        _end(inbound, State.QUARANTINED, mail.problem)
    elif verdict.kind == Kind.OURS and not inbound.as_import:
        _end(inbound, State.IGNORED, f"our own mail: {verdict.evidence}")
    elif _seen(inbound.fingerprint):
        _end(inbound, State.IGNORED, "this Message-ID, sender and body were processed before")
    elif verdict.kind in _WITHOUT_A_MESSAGE:
        _take_back(inbound, mail)
    else:
        _deliver(inbound, mail, verdict, sender, new)


def _take_back(inbound: InboundEmail, mail: ParsedEmail) -> None:
    """Tie a delivery report or a complaint to the mail of ours that it is about."""
    outbound = delivery_reports.record(inbound_id=inbound.pk, mail=mail)
    if outbound is None:
        _end(inbound, State.IGNORED, f"a {inbound.kind} about no mail that stands in the outbox")
        return
    inbound.ticket = outbound.ticket
    _end(inbound, State.PROCESSED, f"about outgoing mail {outbound.pk}")


def _deliver(
    inbound: InboundEmail,
    mail: ParsedEmail,
    verdict: Verdict,
    sender: message.Address,
    new: list[NewFile],
) -> None:
    """Put a mail into its ticket, under the locked requester."""
    requester = services.lock_requester(email=sender.email, name=sender.name)
    open_ticket = services.lock_open_ticket(requester=requester)
    if verdict.kind == Kind.AUTO_REPLY and open_ticket is None:
        _end(inbound, State.IGNORED, f"an auto-reply without an open request: {verdict.evidence}")
        return
    found = matching.match(
        requester=requester,
        open_ticket=open_ticket,
        references=[*mail.in_reply_to, *reversed(mail.references)],
    )
    content: dict[str, Any] = {
        "title": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "files": new,
        "written_at": inbound.internal_date,
        "origin": origin(inbound, mail, verdict, found),
    }
    if verdict.kind == Kind.PERSON:
        suppression.unmute(sender.email)
    if found.open_ticket is not None:
        inbound.message = services.add_message(ticket=found.open_ticket, **content)
    else:
        inbound.message = services.open_ticket(
            requester=requester, previous=found.previous, **content
        )
    inbound.ticket = inbound.message.ticket
    _end(inbound, State.PROCESSED, "")


def _fingerprint(mail: ParsedEmail, sender: str) -> str:
    if not mail.message_id:
        return ""
    return hashlib.sha256("\0".join([mail.message_id, sender, mail.body_hash]).encode()).hexdigest()


def _seen(fingerprint: str) -> bool:
    return (
        bool(fingerprint)
        and InboundEmail.objects.filter(fingerprint=fingerprint, state=State.PROCESSED).exists()
    )


def _end(inbound: InboundEmail, state: InboundEmail.State, reason: str) -> None:
    inbound.state, inbound.reason = state, reason
    inbound.processed_at = timezone.now()
    inbound.lease_holder = inbound.lease_expires_at = inbound.next_attempt_at = None
    inbound.save(update_fields=_OUTCOME)
    log.info("mail_worked", inbound=inbound.pk, state=state, kind=inbound.kind)


_OUTCOME = [
    "state",
    "attempts",
    "kind",
    "reason",
    "message_id_header",
    "fingerprint",
    "parse",
    "ticket",
    "message",
    "processed_at",
    "lease_holder",
    "lease_expires_at",
    "next_attempt_at",
]


def _is_the_databases_fault(error: Exception) -> bool:
    """Tell an outage or a lost lock from what this very mail is too large for."""
    return isinstance(error, (OperationalError, InterfaceError)) and not isinstance(
        error.__cause__, ProgramLimitExceeded
    )


def _words(error: Exception) -> str:
    """Return what an exception says; it may repeat what no column takes: NUL, half a character."""
    words = f"{type(error).__name__}: {error}".encode(errors="replace").decode()
    return words.replace("\0", "?")[:1000]


def _forget_try(inbound_id: int, holder: UUID) -> None:
    """Give everything back, this mail as if it was not tried; if that fails too, the try counts."""

    def forget() -> None:
        mine = InboundEmail.objects.filter(pk=inbound_id, lease_holder=holder, state=State.RECEIVED)
        mine.update(attempts=Greatest(F("attempts") - 1, 0))
        queue.give_back(holder)

    connection.close()  # it may be broken
    with suppress(DatabaseError):
        database_retry.with_the_database(forget)


@transaction.atomic
def _wait_for_the_store(inbound_id: int, holder: UUID) -> None:
    """Give a mail back whose files cannot be stored now: it waits, ever longer, until they can.

    However often that is, it counts against no mail.
    """
    mine = _locked(inbound_id, holder)
    if mine is None:
        return
    mine.store_failures = min(mine.store_failures + 1, 32_000)
    mine.next_attempt_at = timezone.now() + min(
        RETRY_AFTER * 2 ** min(mine.store_failures - 1, 10), LONGEST_WAIT_FOR_THE_STORE
    )
    mine.reason = "its files cannot be stored now"
    mine.attempts = max(mine.attempts - 1, 0)
    mine.save(update_fields=["store_failures", "next_attempt_at", "reason", "attempts"])
    queue.give_back(holder, sender=mine.sender)
    log.warning("mail_waits_for_the_store", inbound=inbound_id, failures=mine.store_failures)


@transaction.atomic
def _release(inbound_id: int, holder: UUID, reason: str) -> None:
    """Give a mail back after a failure, for another try or, after the last one, to quarantine."""
    mine = _locked(inbound_id, holder)
    if mine is None:
        return
    if mine.attempts >= MAX_ATTEMPTS:
        _give_up(inbound_id, holder, reason)
        return
    mine.reason, mine.next_attempt_at = reason, timezone.now() + RETRY_AFTER
    mine.save(update_fields=["reason", "next_attempt_at"])
    # Together with what else of this sender was claimed with it, so that their order holds.
    queue.give_back(holder, sender=mine.sender)


@transaction.atomic
def _give_up(inbound_id: int, holder: UUID, reason: str) -> None:
    mine = _locked(inbound_id, holder)
    if mine is not None:
        mine.attempts = MAX_ATTEMPTS  # the one that finds the worker's last death is none
        _end(mine, State.QUARANTINED, f"gave up after {MAX_ATTEMPTS} tries: {reason}")


def _locked(inbound_id: int, holder: UUID) -> InboundEmail | None:
    """Return a mail that is still this holder's, locked; None when somebody else has it."""
    rows = InboundEmail.objects.defer("raw").select_for_update()
    return rows.filter(pk=inbound_id, lease_holder=holder, state=State.RECEIVED).first()
