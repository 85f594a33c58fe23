"""Retry a write that must not be lost when the database is down for a moment."""

import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

PAUSES_SECONDS: tuple[float, ...] = (0.2, 0.5, 1, 2, 4, 8)


def retry_while_database_is_down(action: Callable[[], None]) -> None:
    """Run an action on the database; while the database is down, run it again for some 16 s.

    Raises `OperationalError` or `InterfaceError` when the last attempt fails too.
    """
    for pause_seconds in PAUSES_SECONDS:
        try:
            action()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(pause_seconds)
        else:
            return
    action()
