"""Work the outbox."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from mailing import delivery

BUDGET = timedelta(seconds=20)


@shared_task(name="outbound.work")
def work_outbox() -> None:
    """Send what is due; what is left over is for the next nudge."""
    deadline = timezone.now() + BUDGET
    if delivery.work(until=deadline) and timezone.now() >= deadline:
        work_outbox.apply_async(expires=60)


@shared_task(name="outbound.release_expired")
def release_expired() -> None:
    """Free what dead workers were sending."""
    delivery.release_expired()
