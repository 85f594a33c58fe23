"""When an answer that is sent later leaves, in the reader's time zone."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

MORNING = time(9)


def times_to_choose() -> dict[str, datetime]:
    """Return the times that are offered, by the names that a form sends."""
    now = timezone.localtime()
    days_to_monday = 7 - now.weekday()
    return {
        "hour": now + timedelta(hours=1),
        "tomorrow": _morning(now, 1),
        "monday": _morning(now, days_to_monday),
    }


def chosen_time(choice: str, typed: str) -> datetime | None:
    """Return the time that a form asks for; None for now.

    typed: as `datetime-local` sends it. Raises `ValidationError` for anything else.
    """
    if choice != "at":
        return times_to_choose().get(choice)
    try:
        at = parse_datetime(typed)
    except ValueError:
        at = None
    if at is None:
        raise ValidationError({"send_at": [_("Choose the day and the time.")]})
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def _morning(now: datetime, days: int) -> datetime:
    return timezone.make_aware(datetime.combine(now.date() + timedelta(days=days), MORNING))
