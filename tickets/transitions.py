"""Which moves a ticket's status allows, as one table."""

from django.utils.translation import gettext as _

from tickets.exceptions import NotAllowedInThisStatus
from tickets.models import Event, Status

TRANSITIONS: dict[tuple[Status | None, Event], Status] = {
    (None, Event.OPENED): Status.NEW,
    (Status.NEW, Event.WROTE): Status.NEW,
    (Status.NEW, Event.REPLIED): Status.NEW,
    (Status.NEW, Event.TAKEN): Status.IN_PROGRESS,
    (Status.IN_PROGRESS, Event.WROTE): Status.IN_PROGRESS,
    (Status.IN_PROGRESS, Event.REPLIED): Status.IN_PROGRESS,
    (Status.IN_PROGRESS, Event.CLOSED): Status.CLOSED,
}


def status_after(status: Status | None, event: Event) -> Status:
    """Return the status that the event leads to.

    Raises `NotAllowedInThisStatus`, which names the statuses that would allow it.
    """
    if (status, event) in TRANSITIONS:
        return TRANSITIONS[status, event]
    allowed = [str(before) for before, move in TRANSITIONS if move == event]
    raise NotAllowedInThisStatus(
        _("The ticket is %(status)s; “%(event)s” needs one that is %(allowed)s.")
        % {"status": status, "event": event.label, "allowed": ", ".join(allowed)}
    )
