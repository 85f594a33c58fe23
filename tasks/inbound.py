"""The tasks of the inbox worker."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing.inbound import queue, worker
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


@shared_task(name="inbound.release_orphans")
def release_orphans() -> None:
    """Release the mail that inbox workers held when they died.

    The task is routed to the mail workers, since all inbox workers may hang with their mail.
    """
    if queue.release_orphans():
        publish_nudge(INBOX)
