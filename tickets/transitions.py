"""The statuses of a ticket and the moves between them, as one table."""

from django.utils.translation import gettext as _

from tickets.exceptions import NotAllowedInThisStatus
from tickets.models import Event, Status

# For each status the events that it allows, and the status that follows each event.
TRANSITIONS: dict[Status | None, dict[Event, Status]] = {
    # There is no ticket yet.
    None: {
        Event.OPENED: Status.NEW,  # by the requester's mail, when no ticket of theirs is open
    },
    # Nobody has taken the ticket; it has no operator.
    Status.NEW: {
        Event.WROTE: Status.NEW,  # by the requester's further mail
        Event.REPLIED: Status.NEW,  # by any operator; a reply does not take the ticket
        Event.TAKEN: Status.IN_PROGRESS,  # by the operator who holds the ticket from now on
    },
    # An operator holds the ticket.
    Status.IN_PROGRESS: {
        Event.WROTE: Status.IN_PROGRESS,  # by the requester's further mail
        Event.REPLIED: Status.IN_PROGRESS,  # by any operator; the holder stays
        Event.CLOSED: Status.CLOSED,  # by any operator; the holder stays
    },
    # The request is done and stays so; the requester's next mail opens another ticket.
    Status.CLOSED: {},
}


def status_after(status: Status | None, event: Event) -> Status:
    """Return the status that the event leads to.

    Raises `NotAllowedInThisStatus`, which names the statuses that allow the event.
    """
    if event in TRANSITIONS[status]:
        return TRANSITIONS[status][event]
    allowed = [str(before) for before, moves in TRANSITIONS.items() if event in moves]
    raise NotAllowedInThisStatus(
        _("The ticket is %(status)s; “%(event)s” needs one that is %(allowed)s.")
        % {"status": status, "event": event.label, "allowed": ", ".join(allowed)}
    )
