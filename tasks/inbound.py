"""Work the inbox."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing import intake, pulses

# Well below the task's time limit, so that the last batch has time to finish.
BUDGET = timedelta(seconds=5)


@shared_task(name="inbound.work")
def work_inbox() -> None:
    """Claim and process what waits; what is left over is for the next nudge."""
    pulses.beat(pulses.Name.INBOX)
    if intake.work(until=timezone.now() + BUDGET):
        work_inbox.apply_async(expires=60)
