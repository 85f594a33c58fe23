"""The inbox as a queue: workers claim mail under a lease, one claim at a time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from mailing.inbound.states import State
from mailing.models import InboundEmail
from mailing.queueing import leases
from mailing.queueing.commits import commit_without_disk
from mailing.queueing.locks import AdvisoryLock, lock_until_commit

# As long as the task may run (CELERY_TASK_TIME_LIMIT), so that a lease outlives its holder.
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
BATCH = 100
# A larger mail is claimed alone. It bounds a worker's memory, and how long a batch takes.
BATCH_BYTES = 4 * 1024 * 1024
# What every mail waits for is SQL, because Django takes longer to build it than it runs.
_COLUMNS = ", ".join(
    f"mail.{field.column}"
    for field in InboundEmail._meta.concrete_fields
    if field.name not in ("raw", "parse_before")
)
# Mail of requesters of whom no mail is held or was tried, the oldest first. Only so many mails are
# looked at, because nearly all of a long queue may be of one requester whose mail is held.
_UNTRIED = """
    SELECT candidate.id, candidate.size, candidate.received_at FROM ({candidates}) AS candidate
    WHERE NOT EXISTS (
        SELECT FROM mailing_inboundemail AS held
        WHERE held.sender = candidate.sender AND held.state = 'received' AND (
            sign(held.attempts) = 1
            OR held.lease_expires_at > %(now)s OR held.next_attempt_at > %(now)s
        )
        OFFSET 0  -- so that it is looked up in inbound_held_or_tried for each mail, never joined
    )
    ORDER BY candidate.internal_date, candidate.id LIMIT %(batch)s
"""
_LOOKED_AT = 1_000
_OLDEST = """
    SELECT id, sender, internal_date, size, received_at
    FROM mailing_inboundemail WHERE state = 'received'
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
    SELECT oldest.* FROM (SELECT sender FROM senders LIMIT %(looked_at)s) AS few, LATERAL (
        SELECT theirs.id, theirs.sender, theirs.internal_date, theirs.size, theirs.received_at
        FROM mailing_inboundemail AS theirs
        WHERE theirs.state = 'received' AND theirs.sender = few.sender
        ORDER BY theirs.internal_date, theirs.id LIMIT 1
    ) AS oldest
"""
# The first mail of the requester whose retry has been due longest, and since when: since the last
# attempt failed or its worker died. It need not be the mail that was tried; of several tried mails
# of a requester the latest attempt counts. greatest() ignores nulls. sign(attempts) = 1 and not
# attempts > 0, which nearly all processed mail has: PostgreSQL would expect the same of waiting
# mail, and scan the whole queue instead of the small index inbound_held_or_tried.
_RETRY = """
    SELECT mail.id, mail.size, mail.received_at, retry.since
    FROM (
        SELECT tried.sender, min(tried.id) AS first,
            max(greatest(tried.received_at, tried.next_attempt_at, tried.lease_expires_at)) AS since
        FROM mailing_inboundemail AS tried
        WHERE tried.state = 'received' AND sign(tried.attempts) = 1 AND NOT EXISTS (
            SELECT FROM mailing_inboundemail AS held
            WHERE held.sender = tried.sender AND held.state = 'received'
                AND (held.lease_expires_at > %(now)s OR held.next_attempt_at > %(now)s)
        )
        GROUP BY tried.sender ORDER BY since, first LIMIT 1
    ) AS retry, LATERAL (
        SELECT id, size, received_at FROM mailing_inboundemail AS theirs
        WHERE theirs.state = 'received' AND theirs.sender = retry.sender
        ORDER BY theirs.internal_date, theirs.id LIMIT 1
    ) AS mail
"""
# Only what still waits: a holder whose lease has expired may just have finished one.
_LEASE = f"""
    UPDATE mailing_inboundemail AS mail
    SET lease_holder = %(holder)s, lease_expires_at = %(until)s, attempts = attempts + 1
    WHERE id = ANY(%(ids)s) AND state = 'received' RETURNING {_COLUMNS}
"""  # noqa: S608 - the columns above
_STILL_CLAIMED = """
    SELECT id FROM mailing_inboundemail
    WHERE id = ANY(%(ids)s) AND state = 'received' AND lease_expires_at IS NOT NULL
        AND lease_holder = %(holder)s
    ORDER BY id FOR UPDATE
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
    # A claim that a crash of PostgreSQL loses has ended anyway, with its worker's connection.
    commit_without_disk()
    lock_until_commit(AdvisoryLock.INBOX_CLAIM)
    now = timezone.now()
    batch = _first_bytes(_find_untried(_OLDEST, now) or _find_untried(_OLDEST_OF_EACH, now))
    with connection.cursor() as cursor:
        cursor.execute(_RETRY, {"now": now})
        for *retry, since in cursor.fetchall():
            if not any(other.received_at <= since for other in batch):
                batch = [_Waiting(*retry)]
    return _lease([mail.pk for mail in batch], holder, until=now + LEASE)


class _Waiting(NamedTuple):
    """A mail that may be claimed; its size is in bytes."""

    pk: int
    size: int
    received_at: datetime


def _first_bytes(mails: Iterable[_Waiting]) -> list[_Waiting]:
    """Return the first mails that have no more than BATCH_BYTES together, but at least one."""
    batch: list[_Waiting] = []
    size = 0
    for mail in mails:
        size += mail.size
        if batch and size > BATCH_BYTES:
            break
        batch.append(mail)
    return batch


def _find_untried(candidates: str, now: datetime) -> list[_Waiting]:
    values: dict[str, Any] = {"now": now, "batch": BATCH, "looked_at": _LOOKED_AT}
    with connection.cursor() as cursor:
        cursor.execute(_UNTRIED.format(candidates=candidates), values)
        return [_Waiting(*row) for row in cursor.fetchall()]


def _lease(ids: list[int], holder: UUID, *, until: datetime) -> list[InboundEmail]:
    """Lease mails to a worker, and return them in this order."""
    if not ids:
        return []
    values: dict[str, Any] = {"holder": holder, "until": until, "ids": ids}
    leased = {mail.pk: mail for mail in InboundEmail.objects.raw(_LEASE, values)}
    return [leased[pk] for pk in ids if pk in leased]


def lock_claimed(inbound_id: int, holder: UUID) -> InboundEmail | None:
    """Lock and return a mail that this holder still holds; None when another worker has it."""
    rows = claimed_by(holder).filter(pk=inbound_id).defer("raw")
    return rows.select_for_update().first()


def lock_still_claimed(inbound_ids: Iterable[int], holder: UUID) -> set[int]:
    """Lock those of these mails that this holder still holds; return their ids."""
    with connection.cursor() as cursor:
        cursor.execute(_STILL_CLAIMED, {"ids": list(inbound_ids), "holder": holder})
        return {pk for (pk,) in cursor.fetchall()}


def claimed_by(holder: UUID) -> QuerySet[InboundEmail]:
    """Return the mails that this holder has claimed and not finished."""
    return _leased().filter(lease_holder=holder)


def _leased() -> QuerySet[InboundEmail]:
    """Return the mails under a lease, which the index inbound_held_or_tried finds by its end."""
    return InboundEmail.objects.filter(state=State.RECEIVED, lease_expires_at__isnull=False)


def release_untried(holder: UUID, **which: object) -> None:
    """Release a holder's mails, or those that match the filters in `which`, as never claimed."""
    claimed_by(holder).filter(**which).update(
        lease_holder=None, lease_expires_at=None, attempts=Greatest(F("attempts") - 1, 0)
    )


def release_orphans() -> int:
    """Release the mails of workers that died; return how many."""
    held = _leased().filter(lease_holder__isnull=False)
    holders = {holder for holder in held.values_list("lease_holder", flat=True) if holder}
    # The time at which the lease ended is kept: `_RETRY` sorts by it.
    return held.filter(lease_holder__in=leases.without_connection(holders)).update(
        lease_holder=None, lease_expires_at=timezone.now()
    )
