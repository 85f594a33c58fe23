"""What beat does and how often; rows of django-celery-beat, which an administrator may change."""

from dataclasses import dataclass
from datetime import timedelta

from django_celery_beat.models import IntervalSchedule, PeriodicTask


@dataclass(frozen=True)
class Entry:
    name: str
    task: str
    every: timedelta


ENTRIES = (
    Entry("Nudge the inbox", "inbound.work", timedelta(seconds=5)),
    Entry("Nudge the outbox", "outbound.work", timedelta(seconds=5)),
    Entry("Release expired leases", "outbound.release_expired", timedelta(seconds=15)),
    Entry("Purge raw mail", "maintenance.purge_raw_mail", timedelta(hours=6)),
    Entry("Clear sessions", "maintenance.clear_sessions", timedelta(days=1)),
)


def sync() -> list[str]:
    """Add the entries that are missing and return their names; present ones stay as they are."""
    added = []
    for entry in ENTRIES:
        seconds = int(entry.every.total_seconds())
        interval, _made = IntervalSchedule.objects.get_or_create(
            every=seconds, period=IntervalSchedule.SECONDS
        )
        _row, made = PeriodicTask.objects.get_or_create(
            name=entry.name,
            defaults={
                "task": entry.task,
                "interval": interval,
                # No longer than the interval, so that nudges do not pile up while workers rest.
                "expire_seconds": seconds,
            },
        )
        if made:
            added.append(entry.name)
    return added
