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
    Entry("Free what dead workers held", "outbound.release_orphans", timedelta(seconds=5)),
    Entry("Free what dead inbox workers held", "inbound.release_orphans", timedelta(seconds=5)),
    Entry("Purge raw mail", "maintenance.purge_raw_mail", timedelta(hours=6)),
    Entry("Purge files", "maintenance.purge_files", timedelta(hours=1)),
    Entry("Clear sessions", "maintenance.clear_sessions", timedelta(days=1)),
)


def sync() -> list[str]:
    """Add the entries that are missing and return their names; present ones stay as they are."""
    present = set(PeriodicTask.objects.values_list("name", flat=True))
    missing = [entry for entry in ENTRIES if entry.name not in present]
    for entry in missing:
        seconds = int(entry.every.total_seconds())
        PeriodicTask.objects.get_or_create(
            name=entry.name,
            defaults={
                "task": entry.task,
                "interval": _interval(seconds),
                # No longer than the interval, so that nudges do not pile up while workers rest.
                "expire_seconds": seconds,
            },
        )
    return [entry.name for entry in missing]


def _interval(seconds: int) -> IntervalSchedule:
    """Return an interval; an administrator may have made the same one several times."""
    same = {"every": seconds, "period": IntervalSchedule.SECONDS}
    return IntervalSchedule.objects.filter(**same).first() or IntervalSchedule.objects.create(
        **same
    )
