"""Count what waits while a run lasts."""

import threading
import time
from contextlib import suppress

import psycopg2

from config.local.stack import Stack
from tests.chaos.snapshot import OVERDUE_SNOOZES, WAITING_INBOX, WAITING_OUTBOX
from tests.database import connect

_WAITING = f"SELECT ({WAITING_INBOX}), ({WAITING_OUTBOX}), ({OVERDUE_SNOOZES})"


class Backlog(threading.Thread):
    """Counts four times a second what waits: mail in inbox and outbox, tickets to be woken."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self._stack = stack
        self.inbox = self.outbox = self.overdue = 0
        self.counted_at = 0.0  # time.monotonic() before the last count
        self.stopped = False

    def run(self) -> None:
        connection = None
        while not self.stopped:
            began = time.monotonic()
            with suppress(psycopg2.Error):
                connection = connection or connect(self._stack.env)
                with connection.cursor() as cursor:
                    cursor.execute(_WAITING)
                    self.inbox, self.outbox, self.overdue = cursor.fetchone()
                self.counted_at = began
                time.sleep(0.25)
                continue
            connection = None
            time.sleep(0.25)
