"""Do the faults of a run one after the other, in an order that its seed gives."""

import threading
import time
from collections.abc import Callable

from tests.chaos.faults import FAULTS, Target

_PAUSE_SECONDS = (0.2, 1.5)


class Breaker:
    """Does so many faults in a thread of its own, each kind as often as any other."""

    def __init__(self, target: Target, count: int, is_behind: Callable[[], bool]) -> None:
        """While `is_behind()`, the next fault waits."""
        self.target = target
        self._is_behind = is_behind
        self.order: list[str] = []
        while len(self.order) < count:
            self.order += target.random.sample(list(FAULTS), len(FAULTS))
        del self.order[count:]
        self.begun = 0
        self.now = ""
        self.ended_at = 0.0  # time.monotonic() of the last fault's end
        self.stopped = False
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self.stopped = True
        self._thread.join()

    def _run(self) -> None:
        for name in self.order:
            if self.stopped:
                break
            time.sleep(self.target.random.uniform(*_PAUSE_SECONDS))
            while self._is_behind() and not self.stopped:
                time.sleep(0.05)
            self.begun += 1
            self.now = name
            if FAULTS[name](self.target):
                self.target.done[name] += 1
                self.ended_at = time.monotonic()
        self.now = ""
