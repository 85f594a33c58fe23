"""Record how the processing of a claimed mail ended: finished, retried later, or quarantined."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from mailing.inbound import queue
from mailing.inbound.states import State, move
from mailing.models import InboundEmail
from mailing.queueing.backoff import exponential_backoff
from mailing.queueing.database_retry import retry_while_database_is_down

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=5)
LONGEST_WAIT_FOR_STORAGE = timedelta(minutes=5)
# More than the backoff counts, and as many as the column holds.
_MOST_STORE_FAILURES = 32_000
_REASON_CHARACTERS = 1000
# What changes of a mail while it is processed; its bytes never do, and may be large.
_RESULT_FIELDS = [
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


def record_end(inbound: InboundEmail, state: InboundEmail.State, reason: str = "") -> None:
    """Store the state in which a claimed mail ends, and why, and give up its lease."""
    move(inbound, state)
    inbound.reason = reason
    inbound.processed_at = timezone.now()
    inbound.lease_holder = inbound.lease_expires_at = inbound.next_attempt_at = None
    inbound.save(update_fields=_RESULT_FIELDS)
    log.info("mail_processed", inbound=inbound.pk, state=state, kind=inbound.kind)


@transaction.atomic
def retry_or_quarantine(inbound_id: int, holder: UUID, error: Exception) -> None:
    """Release a mail after a failure for another try, or quarantine it after the last one."""
    inbound = queue.lock_claimed(inbound_id, holder)
    if inbound is None:
        return
    if inbound.attempts >= MAX_ATTEMPTS:
        _quarantine(inbound, error_summary(error))
        return
    inbound.reason, inbound.next_attempt_at = error_summary(error), timezone.now() + RETRY_AFTER
    inbound.save(update_fields=["reason", "next_attempt_at"])
    # With the rest of the batch that is of this requester, so that their order holds.
    queue.release(holder, requester_address=inbound.requester_address)


@transaction.atomic
def quarantine_after_last_attempt(inbound_id: int, holder: UUID) -> None:
    """Quarantine a mail whose workers died with each try."""
    inbound = queue.lock_claimed(inbound_id, holder)
    if inbound is not None:
        _quarantine(inbound, inbound.reason or "its worker died")


@transaction.atomic
def defer_for_storage(inbound_id: int, holder: UUID) -> None:
    """Release a mail whose files cannot be stored now; it waits, ever longer, until they can.

    That is no fault of the mail, so the try does not count, however often it happens.
    """
    inbound = queue.lock_claimed(inbound_id, holder)
    if inbound is None:
        return
    inbound.store_failures = min(inbound.store_failures + 1, _MOST_STORE_FAILURES)
    inbound.next_attempt_at = timezone.now() + exponential_backoff(
        inbound.store_failures, first=RETRY_AFTER, longest=LONGEST_WAIT_FOR_STORAGE
    )
    inbound.reason = "its files cannot be stored now"
    inbound.attempts = max(inbound.attempts - 1, 0)
    inbound.save(update_fields=["store_failures", "next_attempt_at", "reason", "attempts"])
    queue.release(holder, requester_address=inbound.requester_address)
    log.warning("mail_deferred_for_storage", inbound=inbound_id, failures=inbound.store_failures)


def uncount_attempt(inbound_id: int, holder: UUID) -> None:
    """Release all mail of a holder after an outage of the database, this mail as if never tried.

    While the database stays down nothing can be written, and then the try counts.
    """

    def release() -> None:
        claimed = InboundEmail.objects.filter(
            pk=inbound_id, lease_holder=holder, state=State.RECEIVED
        )
        claimed.update(attempts=Greatest(F("attempts") - 1, 0))
        queue.release(holder)

    connection.close()  # it may be broken
    with suppress(DatabaseError):
        retry_while_database_is_down(release)


def error_summary(error: Exception) -> str:
    """Return an exception's type and text without what no text column takes (NUL, surrogates)."""
    summary = f"{type(error).__name__}: {error}".encode(errors="replace").decode()
    return summary.replace("\0", "?")[:_REASON_CHARACTERS]


def _quarantine(inbound: InboundEmail, reason: str) -> None:
    inbound.attempts = MAX_ATTEMPTS  # the try in which the last death was found is none
    record_end(inbound, State.QUARANTINED, f"gave up after {MAX_ATTEMPTS} tries: {reason}")
