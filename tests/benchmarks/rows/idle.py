"""The row of the idle stack: how much of a core all its parts take while no mail comes.

There is no floor to compare with; the goal itself, 2 % of a core, stands in its place.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from config.local.processes.supervisor import Supervisor
from config.local.stack import Stack
from tests.benchmarks.local_stack import running_stack
from tests.benchmarks.row import Pair, Row

GOAL_PERCENT = 2.0
_SECONDS = 30.0
_SETTLE_SECONDS = 10.0


def cpu_seconds(stack: Stack, supervisor: Supervisor) -> dict[str, float]:
    """Return the CPU time that each running part has taken, with its children's."""
    used = {}
    for part in stack.parts:
        if not part.once:
            first = psutil.Process(supervisor.pid(part.name))
            times = [process.cpu_times() for process in [first, *first.children(recursive=True)]]
            # Also of the children that have ended, such as PostgreSQL's sessions.
            used[part.name] = sum(
                sum((each.user, each.system, each.children_user, each.children_system))
                for each in times
            )
    return used


@contextmanager
def _prepare() -> Iterator[Callable[[], Pair]]:
    with running_stack() as (stack, supervisor):

        def measure() -> Pair:
            before = cpu_seconds(stack, supervisor)
            time.sleep(_SECONDS)
            after = cpu_seconds(stack, supervisor)
            percents = {name: (after[name] - before[name]) / _SECONDS * 100 for name in after}
            return Pair(sum(percents.values()), GOAL_PERCENT, percents)

        time.sleep(_SETTLE_SECONDS)
        yield measure


ROWS = [
    Row(
        name="idle",
        title="the whole stack without mail",
        floor_title="the goal: 2 % of a core",
        unit="% of a core",
        goal=1.0,
        higher_is_better=False,
        prepare=_prepare,
    )
]
