"""Work the outbox."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing.inbound import queue
from mailing.monitoring import heartbeats
from mailing.outbound import worker
from tasks.inbound import work_inbox

BUDGET = timedelta(seconds=20)


@shared_task(name="outbound.work")
def work_outbox() -> None:
    """Send what is due; what is left over is for the next nudge."""
    heartbeats.beat(heartbeats.Name.OUTBOX)
    deadline = timezone.now() + BUDGET
    if worker.work(until=deadline) and timezone.now() >= deadline:
        work_outbox.apply_async(expires=60)


@shared_task(name="outbound.release_orphans")
def release_orphans() -> None:
    """Free what dead workers held, in the outbox and in the inbox.

    Here and not with the inbox, whose workers may all be held up by mail that hangs.
    """
    worker.release_orphans()
    if queue.release_orphans():
        work_inbox.apply_async(expires=60)
