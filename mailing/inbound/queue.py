"""The inbox as a queue: workers claim mail under a lease, one claim at a time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, QuerySet
from django.db.models.functions import Greatest, Sign
from django.db.models.lookups import Exact
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
# Not attempts > 0, which nearly all processed mail has: PostgreSQL would expect the same of waiting
# mail, and scan the whole queue instead of the small index inbound_held_or_tried.
_WAS_TRIED = Q(Exact(Sign("attempts"), 1))

# Mail of requesters of whom no mail is held or was tried, the oldest first. Only so many mails are
# looked at, because nearly all of a long queue may be of one requester whose mail is held.
_UNTRIED = """
    SELECT mail.id FROM ({candidates}) AS mail
    WHERE NOT EXISTS (
        SELECT FROM mailing_inboundemail AS held
        WHERE held.sender = mail.sender AND held.state = 'received' AND (
            sign(held.attempts) = 1
            OR held.lease_expires_at > %(now)s OR held.next_attempt_at > %(now)s
        )
        OFFSET 0  -- so that it is looked up in inbound_held_or_tried for each mail, never joined
    )
    ORDER BY mail.internal_date, mail.id LIMIT %(batch)s
"""
_LOOKED_AT = 1_000
_OLDEST = """
    SELECT id, sender, internal_date FROM mailing_inboundemail WHERE state = 'received'
    ORDER BY internal_date, id LIMIT %(looked_at)s
"""
# The oldest of each requester, found one requester after the other in inbound_waiting_by_sender.
_OLDEST_OF_EACH = """
    WITH RECURSIVE senders AS (
        (SELECT sender FROM mailing_inboundemail WHERE state = 'received' ORDER BY sender LIMIT 1)
        UNION ALL
        SELECT (
            SELECT sender FROM mailing_inboundemail
            WHERE state = 'received' AND sender > senders.sender ORDER BY sender LIMIT 1
        )
        FROM senders WHERE sender IS NOT NULL
    )
    SELECT oldest.id, oldest.sender, oldest.internal_date
    FROM (SELECT sender FROM senders LIMIT %(looked_at)s) AS few, LATERAL (
        SELECT theirs.id, theirs.sender, theirs.internal_date FROM mailing_inboundemail AS theirs
        WHERE theirs.state = 'received' AND theirs.sender = few.sender
        ORDER BY theirs.internal_date, theirs.id LIMIT 1
    ) AS oldest
"""


@transaction.atomic
def claim_batch(*, holder: UUID) -> list[InboundEmail]:
    """Claim the next batch of unprocessed mail for a worker; return it in processing order.

    Mail is claimed in the order of its arrival. A requester's mail is passed over while another
    worker holds a mail of theirs, so that the order of each requester's mails holds. When all of
    the oldest mails have to wait, the oldest mail of each of up to 1,000 other requesters is next.

    Each claim counts as an attempt, so that a mail that kills its worker is not tried for ever. A
    retried mail is claimed alone, so that a poison mail cannot take others with it, and it is
    sorted by its last attempt, so that several of them cannot occupy every worker. The requester's
    other mails wait with it.
    """
    lock_until_commit(AdvisoryLock.INBOX_CLAIM)
    _commit_without_disk()
    now = timezone.now()
    waiting = (
        InboundEmail.objects.filter(state=State.RECEIVED)
        .order_by("internal_date", "pk")
        .defer("raw", "parse_before")
    )
    not_now = Q(lease_expires_at__gt=now) | Q(next_attempt_at__gt=now)
    ready = waiting.exclude(requester_address__in=_requesters(waiting.filter(not_now)))
    untried = waiting.filter(pk__in=_untried(_OLDEST, now) or _untried(_OLDEST_OF_EACH, now))
    batch = _first_bytes(untried)
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


def _commit_without_disk() -> None:
    """Let the commit not wait for the disk (PostgreSQL manual, section 28.4).

    A claim that a crash of PostgreSQL loses has ended anyway, with its worker's connection.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


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


def _untried(candidates: str, now: datetime) -> list[int]:
    query = _UNTRIED.format(candidates=candidates)
    with connection.cursor() as cursor:
        cursor.execute(query, {"now": now, "batch": BATCH, "looked_at": _LOOKED_AT})
        return [pk for (pk,) in cursor.fetchall()]


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
