"""Times in the reader's zone: those that the desk offers, and those that a form has."""

from datetime import datetime, time, timedelta

from django.utils import timezone

_MORNING = time(9)


def in_hours(hours: int) -> datetime:
    """Return the time in some hours, also on a day on which the clocks change."""
    return timezone.localtime(timezone.now() + timedelta(hours=hours))


def tomorrow_morning() -> datetime:
    """Return nine o'clock of tomorrow."""
    return _morning(days=1)


def monday_morning() -> datetime:
    """Return nine o'clock of the Monday after today."""
    return _morning(days=7 - timezone.localdate().weekday())


def read_local_time(text: str) -> datetime | None:
    """Return a time as `datetime-local` sends it, or one with an offset; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def _morning(*, days: int) -> datetime:
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, _MORNING))
