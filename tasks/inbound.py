"""The tasks of the inbox worker."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing.inbound import worker
from mailing.monitoring import heartbeats
from tasks.wiring import INBOX, nudge, publish_nudge

# Well below the task's time limit, so that the last batch has time to finish.
BUDGET = timedelta(seconds=5)


@shared_task(name="inbound.work")
def work_inbox() -> None:
    """Process the mail in the inbox; what is left when the time is over waits for a nudge.

    One that finds more mail than it claims wakes another, up to the worker's concurrency.
    """
    heartbeats.record_heartbeat(heartbeats.Name.INBOX)
    deadline = timezone.now() + BUDGET
    worker.work_inbox(until=deadline, wake_another=lambda: nudge(INBOX))
    if timezone.now() >= deadline:
        publish_nudge(INBOX)
