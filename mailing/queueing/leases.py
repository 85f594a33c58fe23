"""Who holds a lease lives: a lock on its database connection, which ends with the process.

A lease has an end of its own, for a machine that vanishes. But of a worker that is killed
PostgreSQL sees the connection close, and nobody needs to wait any longer for what it held.
"""

from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

from django.db import Error, connection

# The first number of our pairs of advisory locks, any that nobody else uses; the second one is the
# holder's.
_CLASS = 0x5D_04


class Life:
    """A holder of leases, and the proof that it lives."""

    def __init__(self) -> None:
        self.holder = uuid4()
        self._shown_on: Any = None

    def show(self) -> None:
        """Show that the holder lives; to be called before each claim.

        It costs nothing unless the connection is another one than at the last claim.
        """
        connection.ensure_connection()
        if self._shown_on is not connection.connection:
            _execute("SELECT pg_advisory_lock(%s, %s)", _CLASS, _number(self.holder))
            self._shown_on = connection.connection

    def end(self) -> None:
        """Let go; a connection that is gone has done so by itself."""
        if self._shown_on is not None and self._shown_on is connection.connection:
            with suppress(Error):
                _execute("SELECT pg_advisory_unlock(%s, %s)", _CLASS, _number(self.holder))


@contextmanager
def life() -> Iterator[Life]:
    """Run a block as a holder of leases."""
    mine = Life()
    try:
        yield mine
    finally:
        mine.end()


def dead(holders: Set[UUID]) -> Set[UUID]:
    """Return those who show nowhere that they live.

    Read what they hold before you ask: each shows itself first and claims then. A living one whose
    connection was cut is among them until its next claim.
    """
    alive = {
        number
        for (number,) in _execute(
            "SELECT objid::bigint FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE datname = current_database() AND locktype = 'advisory' AND granted"
            " AND objsubid = 2 AND classid = %s",  # 2: a pair of numbers
            _CLASS,
        )
    }
    return {holder for holder in holders if _number(holder) not in alive}


def _execute(query: str, *values: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _number(holder: UUID) -> int:
    """Return 31 bits of the holder's 122 random ones, all that an advisory lock has room for."""
    return holder.int & 0x7FFF_FFFF
