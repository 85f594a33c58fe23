"""The tasks of the mail worker."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing.monitoring import heartbeats
from mailing.outbound import queue, worker
from tasks.wiring import OUTBOX, publish_nudge

BUDGET = timedelta(seconds=20)


@shared_task(name="outbound.work")
def work_outbox() -> None:
    """Send the mail that is due; what is left when the time is over waits for a nudge."""
    heartbeats.record_heartbeat(heartbeats.Name.OUTBOX)
    deadline = timezone.now() + BUDGET
    if worker.work_outbox(until=deadline) and timezone.now() >= deadline:
        publish_nudge(OUTBOX)


@shared_task(name="outbound.release_orphans")
def release_orphans() -> None:
    """Release the mail that mail workers were sending when they died."""
    queue.release_orphans()
