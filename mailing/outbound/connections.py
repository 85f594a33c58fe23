"""Connections to the mail server that stay open for some seconds, for the next mail."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from mailing.outbound.smtp import Connection


class Connections:
    """The idle connections of a process, shared by its threads.

    keep_open_seconds: how long a connection stays open without a mail. Mail servers wait for
    minutes (RFC 5321, section 4.5.3.2.7), and one that hangs up earlier costs nothing.
    """

    def __init__(self, keep_open_seconds: float = 0) -> None:
        self._keep_open_seconds = keep_open_seconds
        # Each with the time.monotonic() since which it is idle, the longest first.
        self._idle: deque[tuple[float, Connection]] = deque()

    @contextmanager
    def borrow(self) -> Iterator[Connection]:
        """Provide a block with a connection; raises `ServerUnavailable`.

        It stays open for the next block, unless it was closed or the block raises an error.
        """
        connection = self._take() or Connection()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if connection.is_open:
            self._idle.append((time.monotonic(), connection))

    def close_idle(self) -> None:
        """Close the connections that have been idle for long enough."""
        while self._idle:
            try:
                since, connection = self._idle.popleft()
            except IndexError:  # another thread took the last one
                return
            if time.monotonic() - since < self._keep_open_seconds:
                self._idle.appendleft((since, connection))
                return
            connection.close()

    def _take(self) -> Connection | None:
        """Return the connection that was used last, if the server has not hung up."""
        while self._idle:
            try:
                _since, connection = self._idle.pop()
            except IndexError:  # another thread took the last one
                return None
            if connection.is_silent:
                return connection
            connection.close()
        return None
