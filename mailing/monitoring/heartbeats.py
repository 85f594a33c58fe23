"""Record when each part of the service last showed that it works, and find silent parts."""

import time
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from mailing.monitoring_models import Heartbeat
from mailing.queueing.commits import commit_without_disk

Name = Heartbeat.Name

# A part that is silent for longer counts as dead. A worker may be busy with one task for 20 s.
LONGEST_SILENCE = timedelta(minutes=1)
# The script calls every 15 minutes.
SCRIPT_SILENCE = timedelta(minutes=20)
_INTERVAL_SECONDS = 5.0
_last_recorded: dict[str, float] = {}  # time.monotonic()


def record_heartbeat(name: Heartbeat.Name) -> None:
    """Record that a part works; a process writes to the database every five seconds at most."""
    now = time.monotonic()
    if now - _last_recorded.get(name, float("-inf")) >= _INTERVAL_SECONDS:
        _last_recorded[name] = now
        _write(name)


def record_script_call() -> None:
    """Record that the Apps Script has called."""
    _write(Name.SCRIPT)


def record_start() -> None:
    """Record beat and the workers as seen now, so that they have time to start."""
    _write(Name.BEAT, Name.INBOX, Name.OUTBOX)


def ages() -> dict[str, timedelta]:
    """Return how long ago each part was last seen; a part that was never seen is left out."""
    now = timezone.now()
    return {name: now - at for name, at in Heartbeat.objects.values_list("name", "at")}


def overdue() -> dict[str, timedelta]:
    """Return the parts that have been silent for too long, and how long ago each was last seen."""
    return {
        name: age
        for name, age in ages().items()
        if age > (SCRIPT_SILENCE if name == Name.SCRIPT else LONGEST_SILENCE)
    }


@transaction.atomic
def _write(*names: Heartbeat.Name) -> None:
    commit_without_disk()
    now = timezone.now()
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now) for name in names],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )
