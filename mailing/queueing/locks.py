"""Take PostgreSQL's advisory locks (PostgreSQL manual, section 13.3.5).

Their numbers are all listed here, so that no two parts of the project use the same.
"""

from collections.abc import Iterable
from enum import IntEnum
from hashlib import blake2b

from django.db import connection


class AdvisoryLock(IntEnum):
    """The number of each lock, arbitrary but unique in the database."""

    INBOX_CLAIM = 0x5D_01
    OUTBOX_CLAIM = 0x5D_02
    BEAT_LEADER = 0x5D_03
    # The first number of a pair; the second is the lease holder's.
    LEASE_HOLDER = 0x5D_04
    OUTAGE_REPORTER = 0x5D_05


def lock_until_commit(number: int) -> None:
    """Take a lock until the transaction ends; wait while another transaction holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def lock_names_until_commit(names: Iterable[str]) -> None:
    """Take a lock for each name, such as an address, until the transaction ends.

    In a fixed order, so that two transactions cannot wait for each other. A transaction that needs
    several locks must therefore take them in one call.
    """
    numbers = sorted({_number_of(name) for name in names})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", [numbers])


def _number_of(name: str) -> int:
    """Return 63 bits of a name's hash, because advisory locks have numbers, not names."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 1
