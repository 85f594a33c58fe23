"""Check that a run did enough to prove anything: a run that breaks nothing loses no mail."""

from collections.abc import Iterator, Mapping

from tests.chaos.mails import is_partner
from tests.chaos.snapshot import Snapshot
from tests.chaos.violations import WRONG, Violation

_FEW_TICKETS = 10
# What operators do often enough for a short run, too.
EVENTS = {
    "assigned",
    "closed",
    "merged",
    "note_added",
    "operator_replied",
    "participant_added",
    "priority_changed",
    "reopened",
    "reply_held",
    "reply_released",
    "reply_withdrawn",
    "snoozed",
    "tags_changed",
    "taken",
    "unmerged",
    "woken",
}


def shortfalls(
    *,
    done: Mapping[str, int],
    begun: int,
    planned: int,
    idle_operators: int,
    snapshot: Snapshot,
) -> Iterator[Violation]:
    """Yield what the run did too little of.

    Args:
        done: how often each fault broke something, by its name.
        begun: how many of the planned faults were tried.
        idle_operators: how many operators stopped working before the end.
    """
    if begun < planned:
        yield Violation(WRONG, f"only {begun} of {planned} faults were tried")
    if sum(done.values()) * 2 < planned:
        yield Violation(WRONG, f"only {sum(done.values())} of {planned} faults broke something")
    if idle_operators:
        yield Violation(WRONG, f"{idle_operators} operators stopped working")
    if len(snapshot.tickets) >= _FEW_TICKETS:
        happened = {entry.event for entry in snapshot.history}
        for event in sorted(EVENTS - happened):
            yield Violation(WRONG, f"in {len(snapshot.tickets)} tickets nothing was {event}")
        writers = {message.sender_email for message in snapshot.messages} - {""}
        if not any(map(is_partner, writers)):
            yield Violation(WRONG, "nobody in copy of a ticket has written in it")
        if all(map(is_partner, writers)):
            yield Violation(WRONG, "nobody has written whose ticket was merged into another one")
