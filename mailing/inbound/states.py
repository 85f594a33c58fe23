"""The states of an incoming mail: what each means, who moves a mail out of it, what may follow."""

from mailing.models import InboundEmail
from mailing.queueing.states import StateTable, check_move

State = InboundEmail.State

NEXT_STATES: StateTable[InboundEmail.State] = {
    # The webhook has stored it, and it waits for a worker, or a worker holds it under a lease.
    # `processing` moves it on, or `outcomes` when it has failed too often.
    State.RECEIVED: {State.PROCESSED, State.IGNORED, State.QUARANTINED},
    # It became a message of a ticket, or it is a report and was recorded on the mail that it
    # is about. Final.
    State.PROCESSED: frozenset(),
    # It became no message; `reason` says why. `replay` puts it back, as it is or as a person's.
    State.IGNORED: {State.RECEIVED},
    # It could not be parsed, was too large, or failed three times; `reason` has the error.
    # `replay` puts it back.
    State.QUARANTINED: {State.RECEIVED},
}


def move(inbound: InboundEmail, state: InboundEmail.State) -> None:
    """Move a mail to another state, without saving it; raises `IllegalMove`."""
    check_move(NEXT_STATES, State(inbound.state), state)
    inbound.state = state
