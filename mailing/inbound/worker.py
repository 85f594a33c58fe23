"""The inbox worker's loop: claim a batch and process it, until the inbox is empty."""

from datetime import datetime

from django.utils import timezone

from mailing.inbound import processing, queue
from mailing.queueing.leases import lease_holder


def work_inbox(*, until: datetime) -> int:
    """Process mail until the inbox is empty or the time is over; return how many mails."""
    processed = 0
    with lease_holder() as holder:
        while timezone.now() < until:
            holder.hold_liveness_lock()
            claimed = queue.claim_batch(holder=holder.id)
            if not claimed:
                break
            processing.process_batch(claimed, holder=holder.id)
            processed += len(claimed)
    return processed
