"""The inbox as a store: each mail is stored once, and its bytes can be read back."""

from collections.abc import Iterable, Iterator

import structlog
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Substr
from django.utils import timezone

from mailing.inbound.arrival import Arrival
from mailing.inbound.requester import read_requester_address
from mailing.inbound.states import State, move
from mailing.models import InboundEmail
from mailing.signals import inbound_stored

log = structlog.get_logger(__name__)

_PIECE_BYTES = 1 << 20


@transaction.atomic
def store(arrivals: list[Arrival]) -> set[tuple[str, str]]:
    """Store the messages that are new, in one transaction; return their keys.

    Of messages with the same key the earliest is stored. When `DatabaseError` is raised nothing was
    stored.
    """
    # By the mailbox's time, the order of processing, and by their keys, so that two calls with the
    # same messages cannot wait for each other.
    ordered = sorted(arrivals, key=lambda arrival: (arrival.internal_date, *arrival.key))
    by_key = {arrival.key: arrival for arrival in reversed(ordered)}
    while True:
        new = _without_known(by_key)
        rows = [_new_inbound(arrival) for arrival in ordered if new.get(arrival.key) is arrival]
        try:
            with transaction.atomic():
                InboundEmail.objects.bulk_create(rows)
                for inbound in rows:
                    _write_spooled(inbound, by_key[inbound.source, inbound.external_id])
        except IntegrityError as error:
            if "inbound_is_stored_once" not in str(error):
                raise
            continue  # another call has just stored some of these messages
        for inbound in rows:
            log.info("mail_stored", inbound=inbound.pk, state=inbound.state, trace=inbound.trace)
        if any(inbound.state == State.RECEIVED for inbound in rows):
            inbound_stored.send(sender=InboundEmail)
        return set(new)


def _without_known(by_key: dict[tuple[str, str], Arrival]) -> dict[tuple[str, str], Arrival]:
    ids = {external_id for _source, external_id in by_key}
    known = set(
        InboundEmail.objects.filter(external_id__in=ids).values_list("source", "external_id")
    )
    return {key: arrival for key, arrival in by_key.items() if key not in known}


def _new_inbound(arrival: Arrival) -> InboundEmail:
    inbound = InboundEmail(
        source=arrival.source,
        external_id=arrival.id,
        thread_id=arrival.thread_id,
        internal_date=arrival.internal_date,
        raw=b"" if arrival.spool else arrival.raw,
        size=arrival.size,
        requester_address=read_requester_address(arrival.raw),
    )
    if arrival.oversize:
        move(inbound, State.QUARANTINED)
        inbound.reason = "too large for the webhook: only the header was sent"
        inbound.processed_at = timezone.now()
    return inbound


def _write_spooled(inbound: InboundEmail, arrival: Arrival) -> None:
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
            [large_object, inbound.pk],
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
    rows = InboundEmail.objects.filter(pk__in=ids, raw__isnull=False)
    return {pk: bytes(raw) for pk, raw in rows.values_list("pk", "raw") if raw is not None}


def find_missing(source: str, external_ids: Iterable[str]) -> list[str]:
    """Return the ids, in their order, under which nothing was ever received."""
    asked = list(dict.fromkeys(external_ids))
    known = set(
        InboundEmail.objects.filter(source=source, external_id__in=asked).values_list(
            "external_id", flat=True
        )
    )
    return [external_id for external_id in asked if external_id not in known]
