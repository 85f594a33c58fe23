"""The tasks of the mail worker."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing.monitoring import heartbeats
from mailing.outbound import worker
from mailing.outbound.connections import Connections
from tasks.wiring import OUTBOX, nudge, publish_nudge

BUDGET = timedelta(seconds=20)
# Longer than beat's interval, so that a connection is closed soon after its time is over.
_connections = Connections(keep_open_seconds=10)


@shared_task(name="outbound.work")
def work_outbox() -> None:
    """Send the mail that is due; what is left when the time is over waits for a nudge.

    One that finds more mail than it claims wakes another, up to the worker's concurrency.
    """
    heartbeats.record_heartbeat(heartbeats.Name.OUTBOX)
    deadline = timezone.now() + BUDGET
    answered = worker.work_outbox(
        until=deadline, connections=_connections, wake_another=lambda: nudge(OUTBOX)
    )
    if answered and timezone.now() >= deadline:
        publish_nudge(OUTBOX)
