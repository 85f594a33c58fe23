"""The statuses of a ticket and the moves between them, as one table."""

from enum import StrEnum

from django.utils.translation import gettext as _

from tickets.exceptions import NotAllowedInThisStatus
from tickets.models import Event, Status


class Move(StrEnum):
    """What can be done with a ticket in some statuses only."""

    OPEN = "open"
    WRITE = "write"
    TAKE = "take"
    ASSIGN = "assign"
    GIVE_BACK = "give_back"
    REPLY = "reply"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    UNMERGE_NEW = "unmerge_new"
    UNMERGE_HELD = "unmerge_held"


# The entry in the history for each move.
EVENTS: dict[Move, Event] = {
    Move.OPEN: Event.OPENED,
    Move.WRITE: Event.WROTE,
    Move.TAKE: Event.TAKEN,
    Move.ASSIGN: Event.ASSIGNED,
    Move.GIVE_BACK: Event.ASSIGNED,
    Move.REPLY: Event.REPLIED,
    Move.CLOSE: Event.CLOSED,
    Move.REOPEN: Event.REOPENED,
    Move.MERGE: Event.MERGED,
    Move.UNMERGE_NEW: Event.UNMERGED,
    Move.UNMERGE_HELD: Event.UNMERGED,
}

# For each status the moves that it allows, and the status that follows each move.
TRANSITIONS: dict[Status | None, dict[Move, Status]] = {
    # There is no ticket yet.
    None: {
        # By the requester's mail, or by an operator for them, when no ticket of theirs is open.
        Move.OPEN: Status.NEW,
    },
    # Nobody has taken the ticket; it has no operator.
    Status.NEW: {
        Move.WRITE: Status.NEW,  # by the requester's further mail
        Move.REPLY: Status.NEW,  # by any operator; a reply does not take the ticket
        Move.TAKE: Status.IN_PROGRESS,  # by the operator who holds the ticket from now on
        Move.ASSIGN: Status.IN_PROGRESS,  # by any operator, to any
        Move.GIVE_BACK: Status.NEW,  # by any operator; changes nothing
        Move.MERGE: Status.CLOSED,  # into an open ticket of another requester
    },
    # An operator holds the ticket.
    Status.IN_PROGRESS: {
        Move.WRITE: Status.IN_PROGRESS,  # by the requester's further mail
        Move.REPLY: Status.IN_PROGRESS,  # by any operator; the holder stays
        Move.ASSIGN: Status.IN_PROGRESS,  # by any operator, to any
        Move.GIVE_BACK: Status.NEW,  # by any operator; nobody holds the ticket any more
        Move.CLOSE: Status.CLOSED,  # by any operator; the holder stays
        Move.MERGE: Status.CLOSED,  # into an open ticket of another requester
    },
    # The request is done; the requester's next mail opens another ticket.
    Status.CLOSED: {
        Move.REOPEN: Status.IN_PROGRESS,  # by the operator who holds the ticket from now on
        Move.UNMERGE_NEW: Status.NEW,  # of a merged one, which was new
        Move.UNMERGE_HELD: Status.IN_PROGRESS,  # of a merged one, which was in progress
    },
}


def status_after(status: Status | None, move: Move) -> Status:
    """Return the status that the move leads to.

    Raises `NotAllowedInThisStatus`, which names the statuses that allow the move.
    """
    if move in TRANSITIONS[status]:
        return TRANSITIONS[status][move]
    allowed = [before for before, moves in TRANSITIONS.items() if move in moves]
    raise NotAllowedInThisStatus(
        _("The ticket is %(status)s; “%(event)s” needs one that is %(allowed)s.")
        % {
            "status": _name(status),
            "event": EVENTS[move].label,
            "allowed": ", ".join(_name(each) for each in allowed),
        }
    )


def _name(status: Status | None) -> str:
    """Return a status in the reader's language."""
    return str(status.label) if status else str(status)
