"""The states of an incoming mail: what each means, who moves a mail out of it, what may follow."""

from mailing.models import InboundEmail
from mailing.queueing.states import StateTable

State = InboundEmail.State

STATES = StateTable(
    {
        # The webhook has stored it, and it waits for a worker, or a worker holds it under a lease.
        # `processing` moves it on; `retries` does when it has failed too often.
        State.RECEIVED: {State.PROCESSED, State.IGNORED, State.QUARANTINED},
        # It became a message of a ticket, or it was a report and is noted on the mail that it
        # reports on. Final.
        State.PROCESSED: frozenset(),
        # It opened no ticket and wrote to none; `reason` says why. `replay` puts it back.
        State.IGNORED: {State.RECEIVED},
        # It could not be parsed, was too large, or failed three times; `reason` has the error.
        # `replay` puts it back.
        State.QUARANTINED: {State.RECEIVED},
    }
)


def move(inbound: InboundEmail, state: InboundEmail.State) -> None:
    """Bring a mail into another state, without saving it; raises `IllegalMove`."""
    STATES.check(State(inbound.state), state)
    inbound.state = state
