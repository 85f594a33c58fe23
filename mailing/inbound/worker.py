"""The inbox worker's loop: claim a batch and process it, until the inbox is empty."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from mailing.inbound import processing, queue
from mailing.queueing.leases import lease_holder


def work_inbox(*, until: datetime, wake_another: Callable[[], None] = lambda: None) -> int:
    """Process mail until the inbox is empty or the time is over; return how many mails.

    wake_another: called once if more mail may wait than this worker claims.
    """
    processed, has_woken = 0, False
    with lease_holder() as holder:
        while timezone.now() < until:
            holder.hold_liveness_lock()
            claimed = queue.claim_batch(holder=holder.id)
            if not claimed:
                break
            if len(claimed) == queue.BATCH and not has_woken:
                wake_another()
                has_woken = True
            processing.process_batch(claimed, holder=holder.id)
            processed += len(claimed)
    return processed
