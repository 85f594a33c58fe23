"""Start the parts of a local run in order, restart those that end, and stop all of them."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import FrameType

from config.local.errors import LocalError
from config.local.processes.process import Process, Program
from config.local.processes.watchdog import Watchdog

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_STABLE_SECONDS = 30.0
_TICK_SECONDS = 0.05


class StopRequested(Exception):
    """SIGINT or SIGTERM came while the supervisor was waiting."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program of a run.

    Args:
        name: for messages, and for the log's name.
        prepare: makes what the program needs and returns it; called before every start.
        is_ready: returns quickly whether the program is ready; called repeatedly after a start.
        after: names of the parts that it needs: they are ready before it starts, and stop after it.
        once: the program ends with status 0 when its work is done; parts `after` it wait for that.
        start_seconds: how long it may take to become ready.
        stop_seconds: how long it may take to end; then it is killed.
    """

    name: str
    prepare: Callable[[], Program]
    is_ready: Callable[[], bool] = lambda: True
    after: Sequence[str] = ()
    once: bool = False
    start_seconds: float = 60
    stop_seconds: float = 30


class _State(Enum):
    """Where a part is between its start and its end."""

    WAITING = auto()  # for the parts that it needs, or for the end of a pause
    STARTING = auto()
    READY = auto()
    DONE = auto()  # with `once`, ended with status 0


@dataclass
class _PartRun:
    """A part with its present process, if there is one."""

    part: Part
    state: _State = _State.WAITING
    process: Process | None = None
    pause_seconds: float = _FIRST_PAUSE_SECONDS
    next_start: float = 0.0  # time.monotonic()
    was_ready: bool = False


class Supervisor:
    """Runs the parts, in the thread that calls its methods.

    Args:
        parts: in any order; `after` says which needs which.
        say: shows a line to the person at the terminal.
    """

    def __init__(self, parts: Sequence[Part], *, say: Callable[[str], None] = print) -> None:
        self._runs = {part.name: _PartRun(part) for part in parts}
        self._say = say
        self._watchdog = Watchdog()
        self._stop_requests = 0

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Handle SIGINT and SIGTERM: the first asks for an orderly stop, the second kills."""
        self._stop_requests += 1

    def start(self) -> None:
        """Start all parts and return when all are ready.

        Raises LocalError when a part ends or is not ready in time, and StopRequested. Call
        `stop` in any case.
        """
        while not all(run.state in (_State.READY, _State.DONE) for run in self._runs.values()):
            self.tick()

    def run(self) -> None:
        """Watch the parts until a stop is requested."""
        with contextlib.suppress(StopRequested):
            while True:
                self.tick()

    def wait_until(self, is_met: Callable[[], bool], timeout_seconds: float) -> bool:
        """Watch the parts until a condition is met; return False when the time is over."""
        deadline = time.monotonic() + timeout_seconds
        while not is_met():
            if time.monotonic() > deadline:
                return False
            self.tick()
        return True

    def pid(self, name: str) -> int:
        """Return the process ID of a part's first process."""
        process = self._runs[name].process
        if process is None:
            raise LocalError(f"{name} was not started.")
        return process.pid

    def is_ready(self, name: str) -> bool:
        """Return whether a part is ready, or has done its work."""
        return self._runs[name].state in (_State.READY, _State.DONE)

    def tick(self) -> None:
        """Update every part once, and sleep a moment; raises as `start` does."""
        for run in self._runs.values():
            if self._stop_requests:
                raise StopRequested
            self._update(run)
        time.sleep(_TICK_SECONDS)

    def stop(self) -> None:
        """Stop each part after those that need it. A second signal kills all of them."""
        while running := self._running():
            needed = set(self._needs_of(running))
            batch = [run for run in running if run.part.name not in needed] or running
            for run in batch:
                _process(run).ask_to_stop()
            began = time.monotonic()
            while any(_process(run).exit_status() is None for run in batch):
                if self._stop_requests > 1:
                    for run in self._running():
                        _process(run).kill()
                for run in batch:
                    if time.monotonic() - began > run.part.stop_seconds:
                        _process(run).kill()
                time.sleep(_TICK_SECONDS)
        self._watchdog.close()

    def _update(self, run: _PartRun) -> None:
        if run.state is _State.WAITING:
            needs_are_met = all(self.is_ready(name) for name in run.part.after)
            if needs_are_met and time.monotonic() >= run.next_start:
                self._start(run)
        elif run.state is _State.STARTING:
            self._check_start(run)
        elif run.state is _State.READY and _process(run).exit_status() is not None:
            self._handle_end(run, f"ended ({_describe_status(_process(run).exit_status())})")

    def _start(self, run: _PartRun) -> None:
        try:
            run.process = Process(run.part.prepare())
            run.process.start()
        except LocalError as error:
            if not run.was_ready:
                raise
            self._handle_end(run, f"cannot be started ({error})")
            return
        self._watchdog.watch(run.process.pid)
        run.state = _State.STARTING

    def _check_start(self, run: _PartRun) -> None:
        process = _process(run)
        status = process.exit_status()
        if run.part.once and status == 0:
            run.state = _State.DONE
            self._watchdog.forget(process.pid)
            self._say(f"  {run.part.name} done ({_format_age(process)})")
        elif status is not None:
            what = "failed" if run.part.once else "did not start"
            self._handle_end(run, f"{what} ({process.last_log_line() or _describe_status(status)})")
        elif not run.part.once and run.part.is_ready():
            run.state = _State.READY
            self._say(f"  {run.part.name} ready ({_format_age(process)})")
            run.was_ready = True
        elif time.monotonic() - process.started_at > run.part.start_seconds:
            process.kill()
            self._handle_end(run, f"was not ready after {run.part.start_seconds:.0f} s")

    def _handle_end(self, run: _PartRun, what: str) -> None:
        """Schedule a restart; raise LocalError when the part has never been ready."""
        if run.process is not None:
            self._watchdog.forget(run.process.pid)
            log = run.process.program.log
            what = f"{what}; its log is {log}"
            if time.monotonic() - run.process.started_at > _STABLE_SECONDS:
                run.pause_seconds = _FIRST_PAUSE_SECONDS
        if not run.was_ready:
            raise LocalError(f"{run.part.name} {what}.")
        self._say(f"{run.part.name} {what}. It is started again in {run.pause_seconds:g} s.")
        run.state = _State.WAITING
        run.next_start = time.monotonic() + run.pause_seconds
        run.pause_seconds = min(run.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _running(self) -> list[_PartRun]:
        return [
            run
            for run in self._runs.values()
            if run.process is not None and run.process.exit_status() is None
        ]

    def _needs_of(self, runs: Sequence[_PartRun]) -> Iterator[str]:
        """Yield the names of all parts that these need, directly or through others."""
        for run in runs:
            for name in run.part.after:
                yield name
                yield from self._needs_of([self._runs[name]])


def _process(run: _PartRun) -> Process:
    if run.process is None:
        raise LocalError(f"{run.part.name} was not started.")
    return run.process


def _format_age(process: Process) -> str:
    return f"{time.monotonic() - process.started_at:.1f} s"


def _describe_status(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed by signal {-status}"
    return f"status {status}"
