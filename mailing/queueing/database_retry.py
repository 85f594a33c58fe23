"""Wait for a database that is away for a moment."""

import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

_PAUSES_SECONDS = (0.2, 0.5, 1, 2, 4, 8)


def with_the_database(action: Callable[[], None]) -> None:
    """Do something on the database, again for some 16 s while that is away; then it raises."""
    for pause_seconds in _PAUSES_SECONDS:
        try:
            action()
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(pause_seconds)
        else:
            return
    action()
