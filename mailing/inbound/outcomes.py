"""Record how the processing of a claimed mail ended: finished, retried later, or quarantined."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from mailing.inbound import queue
from mailing.inbound.states import State, move
from mailing.models import InboundEmail
from mailing.queueing.backoff import exponential_backoff
from mailing.queueing.database_retry import retry_while_database_is_down
from tickets.bulk_rows import update_rows

log = structlog.get_logger(__name__)

# The reason of an ignored copy.
IS_COPY = "this Message-ID, sender, Date and body were processed before"
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=5)
LONGEST_WAIT_FOR_STORAGE = timedelta(minutes=5)
# More than the backoff needs, and less than the column's maximum.
_MOST_STORE_FAILURES = 32_000
_REASON_CHARACTERS = 1000


# What processing changes of a mail.
_RESULT_FIELDS = (
    "state",
    "kind",
    "reason",
    "message_id_header",
    "fingerprint",
    "ticket",
    "message",
    "parse",
    "attempts",
    "processed_at",
    "lease_holder",
    "lease_expires_at",
    "next_attempt_at",
)


def record_end(inbound: InboundEmail, state: InboundEmail.State, reason: str = "") -> None:
    """Record the state in which a claimed mail ends, with the reason, and release its lease."""
    record_ends([(inbound, state, reason)])


def record_ends(ends: Iterable[tuple[InboundEmail, InboundEmail.State, str]]) -> None:
    """Record the states in which claimed mails end, with the reasons, by one statement."""
    ended = []
    for inbound, state, reason in ends:
        move(inbound, state)
        inbound.reason = reason
        inbound.processed_at = timezone.now()
        inbound.lease_holder = inbound.lease_expires_at = inbound.next_attempt_at = None
        ended.append(inbound)
    update_rows(ended, _RESULT_FIELDS)
    for inbound in ended:
        log.info(
            "mail_processed",
            inbound=inbound.pk,
            state=inbound.state,
            kind=inbound.kind,
            trace=inbound.trace,
        )


@transaction.atomic
def retry_or_quarantine(inbound_id: int, holder: UUID, error: Exception) -> None:
    """Release a mail for another attempt after a failure, or quarantine it after the last one."""
    inbound = queue.lock_claimed(inbound_id, holder)
    if inbound is None:
        return
    if inbound.attempts >= MAX_ATTEMPTS:
        _quarantine(inbound, _error_summary(error))
        return
    inbound.reason, inbound.next_attempt_at = _error_summary(error), timezone.now() + RETRY_AFTER
    inbound.lease_holder = inbound.lease_expires_at = None
    inbound.save()  # without `raw`, which was deferred
    # The requester's other mails in the batch too, so that their order holds.
    queue.release_untried(holder, requester_address=inbound.requester_address)


@transaction.atomic
def quarantine_after_last_attempt(inbound_id: int, holder: UUID) -> None:
    """Quarantine a mail whose worker died in its last attempt."""
    inbound = queue.lock_claimed(inbound_id, holder)
    if inbound is not None:
        _quarantine(inbound, inbound.reason or "its worker died")


@transaction.atomic
def defer_for_storage(inbound_ids: Iterable[int], holder: UUID) -> None:
    """Release mails whose files cannot be stored now; each waits longer with each attempt.

    That is not the mail's fault, so the attempt does not count, however often it happens.
    """
    rows = queue.claimed_by(holder).filter(pk__in=inbound_ids).order_by("pk").defer("raw")
    deferred = list(rows.select_for_update())
    for inbound in deferred:
        inbound.store_failures = min(inbound.store_failures + 1, _MOST_STORE_FAILURES)
        inbound.next_attempt_at = timezone.now() + exponential_backoff(
            inbound.store_failures, first=RETRY_AFTER, longest=LONGEST_WAIT_FOR_STORAGE
        )
        inbound.reason = "its files cannot be stored now"
    update_rows(deferred, ["store_failures", "next_attempt_at", "reason"])
    # Their other mails too, so that the order of each requester's mails holds.
    requesters = {inbound.requester_address for inbound in deferred}
    queue.release_untried(holder, requester_address__in=requesters)
    for inbound in deferred:
        failures = inbound.store_failures
        log.warning(
            "mail_deferred_for_storage", inbound=inbound.pk, failures=failures, trace=inbound.trace
        )


def undo_claims(holder: UUID) -> None:
    """Release all mail of a holder after an outage of the database; do not count this attempt.

    If the database stays down nothing can be written, and the attempt counts.
    """
    connection.close()  # it may be broken
    with suppress(DatabaseError):
        retry_while_database_is_down(lambda: queue.release_untried(holder))


def _error_summary(error: Exception) -> str:
    """Return an exception's type and text, without NULs and surrogates, which no column accepts."""
    summary = f"{type(error).__name__}: {error}".encode(errors="replace").decode()
    return summary.replace("\0", "?")[:_REASON_CHARACTERS]


def _quarantine(inbound: InboundEmail, reason: str) -> None:
    inbound.attempts = MAX_ATTEMPTS  # without the claim after a worker's death, which tried nothing
    record_end(inbound, State.QUARANTINED, f"gave up after {MAX_ATTEMPTS} tries: {reason}")
