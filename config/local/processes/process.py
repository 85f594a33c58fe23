"""Start and stop a program together with all processes that it starts."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.local.errors import LocalError

_PR_SET_PDEATHSIG = 1  # prctl(2)
_LOG_LIMIT_BYTES = 10 * 1024 * 1024
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Account:
    """The system user that a program runs as."""

    uid: int
    gid: int


def run_as(account: Account | None) -> dict[str, Any]:
    """Return the arguments of `subprocess` to run a program as this user, in its group only."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


@dataclass(frozen=True, kw_only=True, repr=False)
class Program:
    """How to start, stop and log a program."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account | None = None
    # Asks it to end in an orderly way.
    stop_signal: signal.Signals = signal.SIGTERM
    # Sent by the kernel (Linux) when the process that started it has ended.
    orphan_signal: signal.Signals = signal.SIGKILL


class Process:
    """A program in a session of its own, so that Ctrl-C at the terminal does not reach it.

    Start it from the thread that lives longest: Linux sends the orphan signal when the thread that
    started the program ends, not only when the process does (prctl(2), PR_SET_PDEATHSIG).
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.started_at = 0.0  # time.monotonic()
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process ID of the program's first process."""
        if self._popen is None:
            raise LocalError(f"{self.program.name} was not started.")
        return self._popen.pid

    def start(self) -> None:
        """Start the program; raise LocalError when it cannot be executed."""
        program = self.program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        if program.log.exists() and program.log.stat().st_size > _LOG_LIMIT_BYTES:
            program.log.replace(program.log.with_name(program.log.name + ".1"))
        try:
            with program.log.open("ab") as log:
                self._popen = subprocess.Popen(
                    program.command,
                    env=program.env,
                    cwd=program.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    **run_as(program.account),
                    preexec_fn=_send_at_end_of_parent(program.orphan_signal),
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise LocalError(f"{program.name} cannot be started: {error}.") from error
        self.started_at = time.monotonic()

    def exit_status(self) -> int | None:
        """Return None while it runs, and its status (negative: the signal) when it has ended.

        Then the rest of its process group is killed: an orphaned child of a web server would keep
        the port, and the next web server could not start.
        """
        if self._popen is None:
            return -1
        ended_before = self._popen.returncode is not None
        status = self._popen.poll()
        # Only at the first sight of the end: later the ID may belong to another process.
        if status is not None and not ended_before:
            self._signal_group(signal.SIGKILL)
        return status

    def ask_to_stop(self) -> None:
        """Send the stop signal to the first process, which stops its children itself."""
        if self._popen is not None and self.exit_status() is None:
            with contextlib.suppress(ProcessLookupError):
                self._popen.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """Kill the program and its process group."""
        if self._popen is not None and self._popen.poll() is None:
            self._signal_group(signal.SIGKILL)
            self._popen.wait()

    def stop(self, grace_seconds: float = 10) -> None:
        """Ask the program to end, and kill it after `grace_seconds`."""
        self.ask_to_stop()
        deadline = time.monotonic() + grace_seconds
        while self.exit_status() is None:
            if time.monotonic() > deadline:
                self.kill()
                return
            time.sleep(0.02)

    def last_log_line(self) -> str:
        """Return the last line of its log that explains an end, for an error message."""
        try:
            tail = self.program.log.read_bytes()[-4000:].decode(errors="replace")
        except OSError:
            return ""
        lines = [line.strip() for line in tail.splitlines() if line.strip()]
        explaining = [line for line in lines if "FATAL" in line or "cannot start" in line]
        return (explaining or lines or [""])[-1]

    def _signal_group(self, number: signal.Signals) -> None:
        if self._popen is not None:
            # macOS answers EPERM for a group of zombies only.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)


def _send_at_end_of_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what a child executes to get the signal when this process ends, on Linux."""
    libc, parent = _LIBC, os.getpid()
    if libc is None:
        return None

    def set_orphan_signal() -> None:  # after the change of user, which clears it
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # the parent ended before prctl took effect
            os._exit(1)

    return set_orphan_signal
