"""The states of an outgoing mail: what each means, who moves a mail out of it, what may follow."""

from mailing.models import OutboundEmail
from mailing.queueing.states import StateTable, check_move

State = OutboundEmail.State

# A delivery report may name a mail in any state: `delivery_reports` then makes it bounced.
NEXT_STATES: StateTable[OutboundEmail.State] = {
    # It waits for a worker. `queue` claims it at `next_attempt_at`, and until `attempts` begins to
    # send it a supervisor may cancel it. An answer may also be withdrawn by an operator, or be held
    # by `crossing`.
    State.QUEUED: {
        State.SENDING,
        State.SUPPRESSED,
        State.HELD,
        State.WITHDRAWN,
        State.BOUNCED,
    },
    # A worker sends it under a lease. `attempts` records that the server accepted it, `outcomes`
    # records other results, or undoes the claim when nothing of it was sent; `queue` makes it
    # uncertain when the worker died.
    State.SENDING: {
        State.SENT,
        State.DEFERRED,
        State.FAILED,
        State.UNCERTAIN,
        State.QUEUED,
        State.BOUNCED,
    },
    # The server has accepted it.
    State.SENT: {State.BOUNCED},
    # The server refused it for now, or a file could not be read. `queue` claims it again at
    # `next_attempt_at`. A supervisor may queue it at once or cancel it, and an operator may
    # withdraw an answer.
    State.DEFERRED: {
        State.SENDING,
        State.QUEUED,
        State.SUPPRESSED,
        State.WITHDRAWN,
        State.BOUNCED,
    },
    # The answer was lost, so it may have arrived. `queue` claims it again at `next_attempt_at`,
    # without one a supervisor decides; an answer that comes late still counts.
    State.UNCERTAIN: {
        State.SENDING,
        State.SENT,
        State.DEFERRED,
        State.FAILED,
        State.QUEUED,
        State.SUPPRESSED,
        State.BOUNCED,
    },
    # The server refused it for good, or at every attempt of a day. A supervisor may queue it
    # again.
    State.FAILED: {State.QUEUED, State.BOUNCED},
    # It must not be sent; `reason` says why. A supervisor may queue a cancelled reply again.
    State.SUPPRESSED: {State.QUEUED, State.BOUNCED},
    # A delivery report says that it did not arrive. A supervisor may queue it again.
    State.BOUNCED: {State.QUEUED, State.BOUNCED},
    # An answer that a mail of the requester crossed. An operator sends or withdraws it, and a
    # supervisor may cancel it.
    State.HELD: {State.QUEUED, State.WITHDRAWN, State.SUPPRESSED, State.BOUNCED},
    # An operator took the answer back before it left.
    State.WITHDRAWN: {State.BOUNCED},
}


def move(outbound: OutboundEmail, state: OutboundEmail.State) -> None:
    """Move a mail to another state, without saving it; raises `IllegalMove`."""
    check_move(NEXT_STATES, State(outbound.state), state)
    outbound.state = state
