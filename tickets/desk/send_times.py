"""When an answer that is sent later leaves, in the reader's time zone."""

from datetime import datetime

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from tickets.desk.local_times import in_hours, monday_morning, read_local_time, tomorrow_morning


def times_to_choose() -> dict[str, datetime]:
    """Return the times that are offered, by the names that a form sends."""
    return {"hour": in_hours(1), "tomorrow": tomorrow_morning(), "monday": monday_morning()}


def chosen_time(choice: str, typed: str) -> datetime | None:
    """Return the time that a form asks for; None for now.

    typed: as `datetime-local` sends it. Raises `ValidationError` for anything else.
    """
    if choice != "at":
        return times_to_choose().get(choice)
    at = read_local_time(typed)
    if at is None:
        raise ValidationError({"send_at": [_("Choose the day and the time.")]})
    return at
