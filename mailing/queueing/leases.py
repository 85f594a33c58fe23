"""Lease holders, proven alive by a lock on their database connection.

A lease expires, for a worker that is lost with its machine. When a worker is killed PostgreSQL sees
its connection close, and no other worker has to wait until the lease expires.
"""

from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

from django.db import Error, connection

from mailing.queueing.locks import AdvisoryLock


class LeaseHolder:
    """A worker that holds leases under an id of its own."""

    def __init__(self) -> None:
        self.id = uuid4()
        self._locked_connection: Any = None

    def hold_liveness_lock(self) -> None:
        """Prove that the holder is alive; to be called before each claim.

        It runs a query only if the connection has changed since the last claim.
        """
        connection.ensure_connection()
        if self._locked_connection is not connection.connection:
            _execute("SELECT pg_advisory_lock(%s, %s)", *self._lock_numbers)
            self._locked_connection = connection.connection

    def release_liveness_lock(self) -> None:
        """Release the lock; PostgreSQL has done so if the connection was closed."""
        locked = self._locked_connection
        if locked is not None and locked is connection.connection:
            with suppress(Error):
                _execute("SELECT pg_advisory_unlock(%s, %s)", *self._lock_numbers)

    @property
    def _lock_numbers(self) -> tuple[int, int]:
        return AdvisoryLock.LEASE_HOLDER, _lock_number(self.id)


@contextmanager
def lease_holder() -> Iterator[LeaseHolder]:
    """Provide a block with a lease holder, and release its lock in the end."""
    holder = LeaseHolder()
    try:
        yield holder
    finally:
        holder.release_liveness_lock()


def without_connection(holders: Set[UUID]) -> Set[UUID]:
    """Return the holders that are dead: no connection holds their liveness lock.

    Read what they hold before you call this, because a holder takes its lock before it claims. A
    live holder whose connection was cut counts as dead until its next claim.
    """
    if not holders:
        return set()
    alive = {
        number
        for (number,) in _execute(
            "SELECT objid::bigint FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE datname = current_database() AND locktype = 'advisory' AND granted"
            " AND objsubid = 2 AND classid = %s",  # 2: a lock with a pair of numbers
            AdvisoryLock.LEASE_HOLDER,
        )
    }
    return {holder for holder in holders if _lock_number(holder) not in alive}


def _execute(query: str, *values: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _lock_number(holder: UUID) -> int:
    """Return 31 of the 122 random bits of a holder's id; the lock's number holds no more."""
    return holder.int & 0x7FFF_FFFF
