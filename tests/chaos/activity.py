"""Check that a run did enough to prove anything: a run that breaks nothing loses no mail."""

from collections.abc import Iterator, Mapping

from tests.chaos.checks import WRONG, Violation
from tests.chaos.operators import OperatorActions
from tests.chaos.snapshot import Snapshot

_FEW_TICKETS = 10


def shortfalls(
    *,
    done: Mapping[str, int],
    begun: int,
    planned: int,
    idle_operators: int,
    actions: OperatorActions,
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
        for name in ("taken", "closed", "replied"):
            if not getattr(actions, name):
                yield Violation(WRONG, f"of {len(snapshot.tickets)} tickets none was {name}")
