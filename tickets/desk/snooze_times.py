"""The times until which a ticket is often snoozed, in the reader's zone."""

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext as _

from tickets.desk.local_times import in_hours, monday_morning, read_local_time, tomorrow_morning


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
    return [
        SnoozeTime(_("In 3 hours"), in_hours(3)),
        SnoozeTime(_("Tomorrow morning"), tomorrow_morning()),
        SnoozeTime(_("Monday morning"), monday_morning()),
    ]


def read_snooze_time(form: QueryDict) -> str | None:
    """Return the time that a form asks for with its offset from UTC, as the API takes it.

    None wakes. What is no time stays as it is, for the API's serializer to refuse.
    """
    text = form.get("snooze_to") or form.get("snoozed_until", "")
    at = read_local_time(text)
    return at.isoformat() if at else None if text == "now" else text
