"""The times until which a ticket is often snoozed, in the reader's zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

_MORNING = time(9)


@dataclass(frozen=True)
class SnoozeTime:
    """A time to choose, and what it is called."""

    label: str
    at: datetime

    @property
    def value(self) -> str:
        """Return the time as a form has it."""
        return self.at.isoformat(timespec="seconds")


def snooze_times() -> list[SnoozeTime]:
    """Return the times to choose from."""
    now = timezone.localtime()
    return [
        SnoozeTime(_("In 3 hours"), now + timedelta(hours=3)),
        SnoozeTime(_("Tomorrow morning"), _morning(now, days=1)),
        SnoozeTime(_("Monday morning"), _morning(now, days=7 - now.weekday())),
    ]


def read_snooze_time(text: str) -> str:
    """Return a time of a form with its offset from UTC, as the API takes it.

    A browser's own field has the reader's time without an offset. What is no time stays as it is,
    for the API's serializer to refuse.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if timezone.is_aware(at) else timezone.make_aware(at)).isoformat()


def _morning(now: datetime, *, days: int) -> datetime:
    day = (now + timedelta(days=days)).date()
    return timezone.make_aware(datetime.combine(day, _MORNING))
