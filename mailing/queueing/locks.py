"""PostgreSQL's advisory locks of this project: their numbers, and how they are taken.

An advisory lock has a number instead of a row (PostgreSQL manual, section 13.3.5). All numbers are
listed here, so that no two parts choose the same one.
"""

from collections.abc import Iterable
from enum import IntEnum
from hashlib import blake2b

from django.db import connection


class AdvisoryLock(IntEnum):
    """A lock's number; any will do that nobody else uses in this database."""

    INBOX_CLAIM = 0x5D_01
    OUTBOX_CLAIM = 0x5D_02
    BEAT_LEADER = 0x5D_03
    # The first number of a pair; the second one is the lease holder's.
    LEASE_HOLDER = 0x5D_04
    OUTAGE_REPORTER = 0x5D_05


def lock_until_commit(lock: AdvisoryLock) -> None:
    """Take a lock, waiting for whoever has it, until the transaction ends."""
    _lock_number_until_commit(lock)


def lock_names_until_commit(names: Iterable[str]) -> None:
    """Take a lock for each of the names, such as addresses, until the transaction ends.

    Always in one order, so that two transactions cannot wait for each other: whoever needs several
    locks must ask for them in one call.
    """
    for number in sorted({_number_of(name) for name in names}):
        _lock_number_until_commit(number)


def _lock_number_until_commit(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _number_of(name: str) -> int:
    """Return 63 bits of a name's hash: PostgreSQL's advisory locks have no names."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 1
