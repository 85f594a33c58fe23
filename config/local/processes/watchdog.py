"""Kill what a killed supervisor leaves behind: a small process that waits for its pipe to close.

On Linux the kernel already tells the parts that the supervisor is gone. macOS has nothing like it,
and what such a part has itself started hears of it on neither.

This file is executed by its path, so it imports the standard library alone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

# What the kernel has told to end (Linux) may take this long to do it in good order.
_GRACE_SECONDS = 5.0


class Watchdog:
    """The supervisor's side: tells the watching process which groups are to end with it."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._popen: subprocess.Popen[bytes] | None = None

    def watch(self, group: int) -> None:
        """From now on end this process group when we are gone."""
        self._groups.add(group)
        if self._popen is not None and self._popen.poll() is None:
            self._tell(f"+{group}")
            return
        self.close()
        self._popen = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for one in self._groups:
            self._tell(f"+{one}")

    def forget(self, group: int) -> None:
        """Leave this process group alone: it has ended, and its number may be used again."""
        self._groups.discard(group)
        self._tell(f"-{group}")

    def close(self) -> None:
        """End the watching: every group has ended."""
        if self._popen is not None:
            self._tell("done")
            with contextlib.suppress(OSError):
                self._popen.communicate()
            self._popen = None

    def _tell(self, line: str) -> None:
        if self._popen is not None and self._popen.stdin is not None:
            with contextlib.suppress(OSError):  # somebody killed it; the next start makes another
                self._popen.stdin.write(f"{line}\n".encode())
                self._popen.stdin.flush()


def main() -> None:
    """Read groups until the pipe closes; then end what is left of them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it goes when the supervisor goes
    groups: set[int] = set()
    for line in sys.stdin:
        word = line.strip()
        if word == "done":
            return
        if word.startswith("+"):
            groups.add(int(word[1:]))
        else:
            groups.discard(int(word[1:]))
    # SIGINT is PostgreSQL's orderly stop and gunicorn's and Celery's quick one.
    _signal_all(groups, signal.SIGINT)
    deadline = time.monotonic() + _GRACE_SECONDS
    while groups and time.monotonic() < deadline:
        groups = {group for group in groups if _lives(group)}
        time.sleep(0.1)
    _signal_all(groups, signal.SIGKILL)


def _lives(group: int) -> bool:
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
