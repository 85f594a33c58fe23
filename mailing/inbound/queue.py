"""The inbox as a queue: workers claim mail under a lease, one claim at a time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Min, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from mailing.inbound.states import State
from mailing.models import InboundEmail
from mailing.queueing import leases
from mailing.queueing.locks import AdvisoryLock, lock_until_commit

# As long as the task may run (CELERY_TASK_TIME_LIMIT), so that a lease outlives its holder.
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
BATCH = 100
# A larger mail is claimed alone. It bounds a worker's memory, and how long a batch takes.
BATCH_BYTES = 4 * 1024 * 1024
_WAS_TRIED = Q(attempts__gt=0)


@transaction.atomic
def claim_batch(*, holder: UUID) -> list[InboundEmail]:
    """Claim the next batch of unprocessed mail for a worker; return it in processing order.

    Mail is claimed in the order of its arrival. A requester's mail is passed over while another
    worker holds a mail of theirs, so that the order of each requester's mails holds.

    Each claim counts as an attempt, so that a mail that kills its worker is not tried for ever. A
    retried mail is claimed alone, so that a poison mail cannot take others with it, and it is
    sorted by its last attempt, so that several of them cannot occupy every worker. The requester's
    other mails wait with it.
    """
    lock_until_commit(AdvisoryLock.INBOX_CLAIM)
    now = timezone.now()
    waiting = (
        InboundEmail.objects.filter(state=State.RECEIVED)
        .order_by("internal_date", "pk")
        .defer("raw", "parse_before")
    )
    not_now = Q(lease_expires_at__gt=now) | Q(next_attempt_at__gt=now)
    ready = waiting.exclude(requester_address__in=_requesters(waiting.filter(not_now)))
    untried = waiting.exclude(
        requester_address__in=_requesters(waiting.filter(not_now | _WAS_TRIED))
    )
    batch = _first_bytes(untried[:BATCH])
    if retry := _next_retry(ready):
        mail, since = retry
        if not any(other.received_at <= since for other in batch):
            batch = [mail]
    for mail in batch:
        mail.lease_holder, mail.lease_expires_at = holder, now + LEASE
        mail.attempts += 1
    # Filtered by state again: a holder whose lease has expired may just have finished one.
    waiting.filter(pk__in=[mail.pk for mail in batch]).update(
        lease_holder=holder, lease_expires_at=now + LEASE, attempts=F("attempts") + 1
    )
    return batch


def _first_bytes(mails: Iterable[InboundEmail]) -> list[InboundEmail]:
    """Return the first mails that have no more than BATCH_BYTES together, but at least one."""
    batch: list[InboundEmail] = []
    size = 0
    for mail in mails:
        size += mail.size
        if batch and size > BATCH_BYTES:
            break
        batch.append(mail)
    return batch


def _next_retry(ready: QuerySet[InboundEmail]) -> tuple[InboundEmail, datetime] | None:
    """Return the first mail of the requester whose retry has been due longest, and since when.

    It need not be the mail that was tried.
    """
    # When the last attempt failed or its worker died; PostgreSQL's greatest() ignores nulls.
    since = Greatest("received_at", "next_attempt_at", "lease_expires_at")
    # Of several tried mails of a requester the latest attempt counts.
    requesters = ready.order_by().filter(_WAS_TRIED).values_list("requester_address")
    retry = (
        requesters.annotate(since=Max(since), first=Min("pk")).order_by("since", "first").first()
    )
    if retry is None:
        return None
    requester_address, waits_since, _first = retry
    theirs = ready.filter(requester_address=requester_address)
    return theirs[0], waits_since


def _requesters(rows: QuerySet[InboundEmail]) -> QuerySet[InboundEmail, str]:
    return rows.order_by().values_list("requester_address", flat=True)


def lock_claimed(inbound_id: int, holder: UUID) -> InboundEmail | None:
    """Lock and return a mail that this holder still holds; None when another worker has it."""
    rows = claimed_by(holder).filter(pk=inbound_id).defer("raw")
    return rows.select_for_update().first()


def lock_still_claimed(inbound_ids: Iterable[int], holder: UUID) -> set[int]:
    """Lock those of these mails that this holder still holds; return their ids."""
    rows = claimed_by(holder).filter(pk__in=inbound_ids).order_by("pk")
    return set(rows.select_for_update().values_list("pk", flat=True))


def claimed_by(holder: UUID) -> QuerySet[InboundEmail]:
    """Return the mails that this holder has claimed and not finished."""
    return InboundEmail.objects.filter(lease_holder=holder, state=State.RECEIVED)


def release_untried(holder: UUID, **which: object) -> None:
    """Release a holder's mails, or those that match the filters in `which`, as never claimed."""
    claimed_by(holder).filter(**which).update(
        lease_holder=None, lease_expires_at=None, attempts=Greatest(F("attempts") - 1, 0)
    )


def release_orphans() -> int:
    """Release the mails of workers that died; return how many."""
    held = InboundEmail.objects.filter(state=State.RECEIVED, lease_holder__isnull=False)
    holders = {holder for holder in held.values_list("lease_holder", flat=True) if holder}
    # The time at which the lease ended is kept: `_next_retry` sorts by it.
    return held.filter(lease_holder__in=leases.without_connection(holders)).update(
        lease_holder=None, lease_expires_at=timezone.now()
    )
