"""Start the parts of a local run in order, start again what dies, and stop everything."""

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
_LIVED_A_WHILE_SECONDS = 30.0
_TICK_SECONDS = 0.05


class StopRequested(Exception):
    """SIGINT or SIGTERM came in while something was waited for."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program that a run consists of.

    Args:
        name: for messages, and for the log's name.
        prepare: makes what it needs and returns the program; called before every start.
        is_ready: called again and again after a start; it answers quickly.
        after: names of the parts that it needs; they are ready before it is started, and stopped
            after it.
        once: it does its work and ends with status 0, before which nothing `after` it starts.
        start_seconds: how long it may take until it is ready.
        stop_seconds: how long it may take to end before it is killed.
    """

    name: str
    prepare: Callable[[], Program]
    is_ready: Callable[[], bool] = lambda: True
    after: Sequence[str] = ()
    once: bool = False
    start_seconds: float = 60
    stop_seconds: float = 30


class _State(Enum):
    WAITING = auto()  # for the parts before it, or for the end of a pause
    STARTING = auto()
    READY = auto()
    DONE = auto()  # a `once` that has ended well


@dataclass
class _Watched:
    part: Part
    state: _State = _State.WAITING
    process: Process | None = None
    pause_seconds: float = _FIRST_PAUSE_SECONDS
    not_before: float = 0.0  # time.monotonic()
    was_ready: bool = False


class Supervisor:
    """Runs the parts; everything happens in the thread that calls its methods.

    Args:
        parts: in any order; `after` says which needs which.
        say: shows one line to the person at the terminal.
    """

    def __init__(self, parts: Sequence[Part], *, say: Callable[[str], None] = print) -> None:
        self._watched = {part.name: _Watched(part) for part in parts}
        self._say = say
        self._watchdog = Watchdog()
        self._stop_requests = 0

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Handle SIGINT and SIGTERM: the first asks for an orderly stop, the second kills."""
        self._stop_requests += 1

    def start(self) -> None:
        """Start all parts and return when all are ready.

        Raises LocalError when one of them ends or is not ready in time, and StopRequested. Call
        `stop` in any case.
        """
        while not all(one.state in (_State.READY, _State.DONE) for one in self._watched.values()):
            self.tick()

    def run(self) -> None:
        """Watch the parts until a stop is requested."""
        with contextlib.suppress(StopRequested):
            while True:
                self.tick()

    def wait_until(self, happened: Callable[[], bool], timeout_seconds: float) -> bool:
        """Watch the parts until something has happened; return False when the time is over."""
        deadline = time.monotonic() + timeout_seconds
        while not happened():
            if time.monotonic() > deadline:
                return False
            self.tick()
        return True

    def pid(self, name: str) -> int:
        """Return the number of a part's first process."""
        process = self._watched[name].process
        if process is None:
            raise LocalError(f"{name} was not started.")
        return process.pid

    def is_ready(self, name: str) -> bool:
        """Tell whether a part is ready, or has done its work."""
        return self._watched[name].state in (_State.READY, _State.DONE)

    def tick(self) -> None:
        """Look after every part once, and sleep a moment; raises as `start` does."""
        for one in self._watched.values():
            if self._stop_requests:
                raise StopRequested
            self._look_after(one)
        time.sleep(_TICK_SECONDS)

    def stop(self) -> None:
        """Stop the parts: whatever needs a part ends before it. A second signal kills them all."""
        while running := self._running():
            needed = set(self._needed_by(running))
            wave = [one for one in running if one.part.name not in needed] or running
            for one in wave:
                _process(one).ask_to_stop()
            began = time.monotonic()
            while any(_process(one).exit_status() is None for one in wave):
                if self._stop_requests > 1:
                    for one in self._running():
                        _process(one).kill()
                for one in wave:
                    if time.monotonic() - began > one.part.stop_seconds:
                        _process(one).kill()
                time.sleep(_TICK_SECONDS)
        self._watchdog.close()

    def _look_after(self, one: _Watched) -> None:
        if one.state is _State.WAITING:
            before_are_ready = all(self.is_ready(name) for name in one.part.after)
            if before_are_ready and time.monotonic() >= one.not_before:
                self._start(one)
        elif one.state is _State.STARTING:
            self._look_at_start(one)
        elif one.state is _State.READY and _process(one).exit_status() is not None:
            self._ended(one, f"ended ({_meaning(_process(one).exit_status())})")

    def _start(self, one: _Watched) -> None:
        try:
            one.process = Process(one.part.prepare())
            one.process.start()
        except LocalError as error:
            if not one.was_ready:
                raise
            self._ended(one, f"cannot be started ({error})")
            return
        self._watchdog.watch(one.process.pid)
        one.state = _State.STARTING

    def _look_at_start(self, one: _Watched) -> None:
        process = _process(one)
        status = process.exit_status()
        if one.part.once and status == 0:
            one.state = _State.DONE
            self._watchdog.forget(process.pid)
            self._say(f"  {one.part.name} done ({_age(process)})")
        elif status is not None:
            what = "failed" if one.part.once else "did not start"
            self._ended(one, f"{what} ({process.last_words() or _meaning(status)})")
        elif not one.part.once and one.part.is_ready():
            one.state = _State.READY
            self._say(f"  {one.part.name} ready ({_age(process)})")
            one.was_ready = True
        elif time.monotonic() - process.started_at > one.part.start_seconds:
            process.kill()
            self._ended(one, f"was not ready after {one.part.start_seconds:.0f} s")

    def _ended(self, one: _Watched, what: str) -> None:
        if one.process is not None:
            self._watchdog.forget(one.process.pid)
            log = one.process.program.log
            what = f"{what}; its log is {log}"
            if time.monotonic() - one.process.started_at > _LIVED_A_WHILE_SECONDS:
                one.pause_seconds = _FIRST_PAUSE_SECONDS
        if not one.was_ready:
            raise LocalError(f"{one.part.name} {what}.")
        self._say(f"{one.part.name} {what}. It is started again in {one.pause_seconds:g} s.")
        one.state = _State.WAITING
        one.not_before = time.monotonic() + one.pause_seconds
        one.pause_seconds = min(one.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)

    def _running(self) -> list[_Watched]:
        return [
            one
            for one in self._watched.values()
            if one.process is not None and one.process.exit_status() is None
        ]

    def _needed_by(self, some: Sequence[_Watched]) -> Iterator[str]:
        """Name every part that one of these needs, directly or through others."""
        for one in some:
            for name in one.part.after:
                yield name
                yield from self._needed_by([self._watched[name]])


def _process(one: _Watched) -> Process:
    if one.process is None:
        raise LocalError(f"{one.part.name} was not started.")
    return one.process


def _age(process: Process) -> str:
    return f"{time.monotonic() - process.started_at:.1f} s"


def _meaning(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed by signal {-status}"
    return f"status {status}"
