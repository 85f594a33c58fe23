"""Which worker works which mail of the inbox next: leases, handed out one claim at a time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from mailing.models import InboundEmail
from mailing.queueing import leases

State = InboundEmail.State

# As long as the task may live (CELERY_TASK_TIME_LIMIT), so that a lease outlives its holder.
LEASE = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
BATCH = 10
_CLAIM_LOCK = 0x5D_01  # the number of our advisory lock, any that nobody else uses
_TRIED = Q(attempts__gt=0)


@transaction.atomic
def claim(*, holder: UUID) -> list[int]:
    """Lease the next mails to a worker and return their ids, in the order to work them.

    One claim at a time, in the order of arrival. A sender of whom another worker holds a mail is
    passed over, so that each sender's order holds.

    What was tried before is claimed alone, as it may take its worker with it, and queues anew from
    its last try: mails that hang could hold all workers with their second and third tries. Its
    sender's other mails wait with it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIM_LOCK])
    now = timezone.now()
    waiting = InboundEmail.objects.filter(state=State.RECEIVED).order_by("internal_date", "pk")
    held_up = Q(lease_expires_at__gt=now) | Q(next_attempt_at__gt=now)
    ready = waiting.exclude(sender__in=_senders(waiting.filter(held_up)))
    untried = waiting.exclude(sender__in=_senders(waiting.filter(held_up | _TRIED)))
    batch = list(untried.values_list("pk", "received_at")[:BATCH])
    ids = [pk for pk, _received_at in batch]
    if tried := _first_tried(ready):
        pk, since = tried
        if not any(received_at <= since for _pk, received_at in batch):
            ids = [pk]
    # Still received: whoever held one of them until its lease ran out may have ended it just now.
    waiting.filter(pk__in=ids).update(lease_holder=holder, lease_expires_at=now + LEASE)
    return ids


def _first_tried(ready: QuerySet[InboundEmail]) -> tuple[int, datetime] | None:
    """Return the mail to work of the sender whose turn to be tried again is next, and since when.

    It is the sender's first one, which need not be the one that was tried.
    """
    # When a try failed or its worker died; PostgreSQL's greatest() passes over what is null.
    since = Greatest("received_at", "next_attempt_at", "lease_expires_at")
    tried = ready.filter(_TRIED).order_by(since, "pk").values_list("sender", since).first()
    if tried is None:
        return None
    sender, at = tried
    return ready.filter(sender=sender).values_list("pk", flat=True)[0], at


def _senders(rows: QuerySet[InboundEmail]) -> QuerySet[InboundEmail, str]:
    return rows.order_by().values_list("sender", flat=True)


def release_orphans() -> int:
    """Give back what workers held when they died; return how many mails. Their leases also end."""
    held = InboundEmail.objects.filter(state=State.RECEIVED, lease_holder__isnull=False)
    holders = {holder for holder in held.values_list("lease_holder", flat=True) if holder}
    # The end of the lease stays: what was being tried queues anew from there.
    return held.filter(lease_holder__in=leases.dead(holders)).update(
        lease_holder=None, lease_expires_at=timezone.now()
    )


def give_back(holder: UUID, **which: str) -> None:
    """Give back what a worker holds, or which of it."""
    InboundEmail.objects.filter(lease_holder=holder, state=State.RECEIVED, **which).update(
        lease_holder=None, lease_expires_at=None
    )
