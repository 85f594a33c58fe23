"""Kill the process groups of a killed supervisor: a small process waits for its pipe to close.

On Linux the kernel signals the parts when the supervisor ends, but not the processes that they have
started. On macOS it signals neither.

This file is executed by its path, so it imports only the standard library.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

# How long processes that were signalled have to end in an orderly way.
_GRACE_SECONDS = 5.0


class Watchdog:
    """The supervisor's side: sends the watching process the groups to kill after the supervisor."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._popen: subprocess.Popen[bytes] | None = None

    def watch(self, group: int) -> None:
        """Have this process group killed when the current process has ended."""
        self._groups.add(group)
        if self._popen is not None and self._popen.poll() is None:
            self._send(f"+{group}")
            return
        self.close()
        self._popen = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for number in self._groups:
            self._send(f"+{number}")

    def forget(self, group: int) -> None:
        """Stop watching this process group, which has ended: its ID may be used again."""
        self._groups.discard(group)
        self._send(f"-{group}")

    def close(self) -> None:
        """Stop watching, because every group has ended."""
        if self._popen is not None:
            self._send("done")
            with contextlib.suppress(OSError):
                self._popen.communicate()
            self._popen = None

    def _send(self, line: str) -> None:
        if self._popen is not None and self._popen.stdin is not None:
            with contextlib.suppress(OSError):  # it was killed; the next `watch` starts another
                self._popen.stdin.write(f"{line}\n".encode())
                self._popen.stdin.flush()


def main() -> None:
    """Read groups until the pipe closes; then kill those that are left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when the supervisor has ended
    groups: set[int] = set()
    for line in sys.stdin:
        command = line.strip()
        if command == "done":
            return
        if command.startswith("+"):
            groups.add(int(command[1:]))
        else:
            groups.discard(int(command[1:]))
    # SIGINT is PostgreSQL's fast shutdown, and the quick stop of gunicorn and Celery.
    _signal_all(groups, signal.SIGINT)
    deadline = time.monotonic() + _GRACE_SECONDS
    while groups and time.monotonic() < deadline:
        groups = {group for group in groups if _is_running(group)}
        time.sleep(0.1)
    _signal_all(groups, signal.SIGKILL)


def _is_running(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_all(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


if __name__ == "__main__":
    main()
