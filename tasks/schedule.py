"""Beat's schedule: rows of django-celery-beat, which an administrator may change."""

from dataclasses import dataclass
from datetime import timedelta

from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks


@dataclass(frozen=True)
class Entry:
    """A task that beat publishes at an interval."""

    name: str
    task: str
    every: timedelta


ENTRIES = (
    Entry("Nudge the inbox", "inbound.work", timedelta(seconds=5)),
    Entry("Nudge the outbox", "outbound.work", timedelta(seconds=5)),
    Entry("Free what dead workers held", "maintenance.release_orphans", timedelta(seconds=5)),
    Entry("Wake snoozed tickets", "maintenance.wake_tickets", timedelta(seconds=10)),
    Entry("Purge raw mail", "maintenance.purge_raw_mail", timedelta(hours=6)),
    Entry("Purge files", "maintenance.purge_files", timedelta(hours=1)),
    Entry("Purge idempotency keys", "maintenance.purge_idempotency_keys", timedelta(hours=1)),
    Entry("Clear sessions", "maintenance.clear_sessions", timedelta(days=1)),
)


def sync() -> list[str]:
    """Add missing entries and return their names; existing entries are not changed."""
    _join_release_tasks()
    present = set(PeriodicTask.objects.values_list("name", flat=True))
    missing = [entry for entry in ENTRIES if entry.name not in present]
    for entry in missing:
        seconds = int(entry.every.total_seconds())
        PeriodicTask.objects.get_or_create(
            name=entry.name,
            defaults={
                "task": entry.task,
                "interval": _interval(seconds),
                # No longer than the interval, so that messages do not pile up while no worker runs.
                "expire_seconds": seconds,
            },
        )
    return [entry.name for entry in missing]


def _join_release_tasks() -> None:
    """Let one entry free what dead workers held, which in earlier versions were two."""
    PeriodicTask.objects.filter(task="inbound.release_orphans").delete()
    of_outbox = PeriodicTask.objects.filter(task="outbound.release_orphans")
    if of_outbox.update(task="maintenance.release_orphans"):
        PeriodicTasks.update_changed()  # no signal tells a running beat of an update


def _interval(seconds: int) -> IntervalSchedule:
    """Return an interval; an administrator may have created the same interval twice."""
    values = {"every": seconds, "period": IntervalSchedule.SECONDS}
    interval = IntervalSchedule.objects.filter(**values).first()
    return interval or IntervalSchedule.objects.create(**values)
