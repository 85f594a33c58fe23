"""The inbox as a store: each mail is stored once, and its bytes can be read back."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models.functions import Substr
from django.utils import timezone

from mailing.inbound.arrival import Arrival
from mailing.inbound.requester import read_requester_addresses
from mailing.inbound.states import State
from mailing.models import InboundEmail, new_trace
from mailing.signals import inbound_stored

_PIECE_BYTES = 1 << 20


# The columns without a default in the database have the values of a new mail.
_INSERT = """
    INSERT INTO mailing_inboundemail (
        received_at, kind, message_id_header, fingerprint, as_import, attempts,
        source, external_id, thread_id, internal_date, raw, size, sender, trace,
        state, reason, processed_at
    ) {}
    ON CONFLICT ON CONSTRAINT inbound_is_stored_once DO NOTHING
    RETURNING id, source, external_id, trace
"""
_ONE = _INSERT.format("""
    VALUES (%s, '', '', '', false, 0, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
""")
# An array for each column: PostgreSQL reads it in three quarters of the time of as many VALUES, but
# a single mail in that way takes longer.
_MANY = _INSERT.format("""
    SELECT %s, '', '', '', false, 0, * FROM unnest(
        %s::varchar[], %s::varchar[], %s::varchar[], %s::timestamptz[], %s::bytea[], %s::bigint[],
        %s::varchar[], %s::varchar[],
        %s::varchar[], %s::text[], %s::timestamptz[]
    )
""")
_TOO_LARGE = "too large for the webhook: only the header was sent"


class StoredMail(NamedTuple):
    """The id and the trace of a mail that was stored."""

    id: int
    trace: str


def store(arrivals: list[Arrival]) -> dict[tuple[str, str], StoredMail]:
    """Store the messages that are new, in one transaction; return them by their keys.

    Of messages with the same key the earliest is stored. When `DatabaseError` is raised nothing was
    stored.
    """
    # By the mailbox's time, the order of processing, and by their keys, so that two calls with the
    # same messages cannot wait for each other.
    ordered = sorted(arrivals, key=lambda arrival: (arrival.internal_date, *arrival.key))
    by_key: dict[tuple[str, str], Arrival] = {}
    for arrival in ordered:
        by_key.setdefault(arrival.key, arrival)
    if not by_key:
        return {}
    if any(arrival.spool for arrival in by_key.values()):
        with transaction.atomic():
            stored = _insert(by_key.values())
            for key, mail in stored.items():
                _write_spooled(mail.id, by_key[key])
    else:  # one statement is a transaction, without the round trips of BEGIN and COMMIT
        stored = _insert(by_key.values())
    if any(not by_key[key].oversize for key in stored):
        inbound_stored.send(sender=InboundEmail)
    return stored


def _insert(arrivals: Collection[Arrival]) -> dict[tuple[str, str], StoredMail]:
    """Insert what was not stored before, and return it by its keys."""
    now = timezone.now()
    new = (State.RECEIVED.value, "", None)
    too_large = (State.QUARANTINED.value, _TOO_LARGE, now)
    senders = read_requester_addresses(arrival.raw for arrival in arrivals)
    rows: list[tuple[Any, ...]] = [
        (
            *arrival.key,
            arrival.thread_id,
            arrival.internal_date,
            b"" if arrival.spool else arrival.raw,
            arrival.size,
            sender,
            new_trace(),
            *(too_large if arrival.oversize else new),
        )
        for arrival, sender in zip(arrivals, senders, strict=True)
    ]
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(_ONE, [now, *rows[0]])
        else:
            cursor.execute(_MANY, [now, *(list(column) for column in zip(*rows, strict=True))])
        return {
            (source, external_id): StoredMail(inbound_id, trace)
            for inbound_id, source, external_id, trace in cursor.fetchall()
        }


def _write_spooled(inbound_id: int, arrival: Arrival) -> None:
    """Write a large mail's bytes into its row: as a parameter they would be in memory four times.

    They are written in pieces to a large object, from which the database fills the column.
    """
    if arrival.spool is None:
        return
    arrival.spool.seek(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT lo_from_bytea(0, '')")
        (large_object,) = cursor.fetchone()
        position = 0
        while piece := arrival.spool.read(_PIECE_BYTES):
            cursor.execute("SELECT lo_put(%s, %s, %s)", [large_object, position, piece])
            position += len(piece)
        cursor.execute(
            "UPDATE mailing_inboundemail SET raw = lo_get(%s) WHERE id = %s",
            [large_object, inbound_id],
        )
        cursor.execute("SELECT lo_unlink(%s)", [large_object])


def read_raw(inbound_id: int) -> Iterator[bytes]:
    """Yield a mail's bytes in pieces: read as a whole, 25 MB take 140 MB of memory."""
    position, mail = 1, InboundEmail.objects.filter(pk=inbound_id)
    while True:
        piece = mail.values_list(Substr("raw", position, _PIECE_BYTES), flat=True).get()
        if not piece:
            return
        yield bytes(piece)
        if len(piece) < _PIECE_BYTES:
            return
        position += len(piece)


def read_small_mails(mails: Iterable[InboundEmail]) -> dict[int, bytes]:
    """Return the bytes of those mails that need not be read in pieces, by the mails' ids."""
    ids = [mail.pk for mail in mails if mail.size <= _PIECE_BYTES]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, raw FROM mailing_inboundemail WHERE id = ANY(%s) AND raw IS NOT NULL", [ids]
        )
        return {pk: bytes(raw) for pk, raw in cursor.fetchall()}


def find_missing(source: str, external_ids: Iterable[str]) -> list[str]:
    """Return the ids, in their order, under which nothing was ever received."""
    asked = list(dict.fromkeys(external_ids))
    known = set(
        InboundEmail.objects.filter(source=source, external_id__in=asked).values_list(
            "external_id", flat=True
        )
    )
    return [external_id for external_id in asked if external_id not in known]
