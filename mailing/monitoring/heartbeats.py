"""When each part last showed that it works."""

import time
from datetime import timedelta

from django.utils import timezone

from mailing.models import Pulse

Name = Pulse.Name

# Without one for this long a part is away. A worker may be busy with one task for 20 s.
LONGEST_SILENCE = timedelta(minutes=1)
# The script calls every 15 minutes.
SCRIPT_SILENCE = timedelta(minutes=20)
_EVERY_SECONDS = 5.0
_last: dict[str, float] = {}  # time.monotonic()


def beat(name: Pulse.Name) -> None:
    """Show that a part works; a process writes it every five seconds at most."""
    now = time.monotonic()
    if now - _last.get(name, float("-inf")) >= _EVERY_SECONDS:
        _last[name] = now
        _write(name)


def script_called() -> None:
    """The Apps Script has reconciled its mailbox with ours."""
    _write(Name.SCRIPT)


def give_time() -> None:
    """Give the parts that are about to be started their time, as if each had just been seen."""
    _write(Name.BEAT, Name.INBOX, Name.OUTBOX)


def ages() -> dict[str, timedelta]:
    """Return how long ago each part was last seen; one that never was is left out."""
    now = timezone.now()
    return {name: now - at for name, at in Pulse.objects.values_list("name", "at")}


def overdue() -> dict[str, timedelta]:
    """Return how long ago each part was last seen that should have been seen again since."""
    return {
        name: age
        for name, age in ages().items()
        if age > (SCRIPT_SILENCE if name == Name.SCRIPT else LONGEST_SILENCE)
    }


def _write(*names: Pulse.Name) -> None:
    now = timezone.now()
    Pulse.objects.bulk_create(
        [Pulse(name=name, at=now) for name in names],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )
