"""Work the inbox."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing.inbound import processing
from mailing.monitoring import heartbeats

# Well below the task's time limit, so that the last batch has time to finish.
BUDGET = timedelta(seconds=5)


@shared_task(name="inbound.work")
def work_inbox() -> None:
    """Claim and process what waits; what is left over is for the next nudge."""
    heartbeats.beat(heartbeats.Name.INBOX)
    if processing.work(until=timezone.now() + BUDGET):
        work_inbox.apply_async(expires=60)
