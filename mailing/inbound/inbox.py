"""Store what the webhook brings, each message once."""

from collections.abc import Iterable, Iterator

import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Substr
from django.utils import timezone

from mailing.models import InboundEmail
from mailing.parsing.message import requester_address
from mailing.signals import inbound_stored
from mailing.webhook.payload import Arrival

log = structlog.get_logger(__name__)

_PIECE_BYTES = 1 << 20


@transaction.atomic
def store(arrivals: list[Arrival]) -> set[tuple[str, str]]:
    """Store the messages that are new, in one transaction, and return their (source, id).

    The others stood here already, or stand twice in this call. `DatabaseError` means that nothing
    was stored.
    """
    # The order in which they are worked: by the mailbox's time. In the order of their keys two
    # calls with the same messages cannot lock each other out.
    ordered = sorted(arrivals, key=lambda one: (one.internal_date, one.source, one.id))
    wanted = {(one.source.value, one.id): one for one in reversed(ordered)}
    while True:
        new = _unknown(wanted)
        rows = [_row(one) for one in ordered if new.get((one.source.value, one.id)) is one]
        try:
            with transaction.atomic():
                InboundEmail.objects.bulk_create(rows)
                for row in rows:
                    _write_spooled(row, wanted[row.source, row.external_id])
        except IntegrityError as error:
            if "inbound_is_stored_once" not in str(error):
                raise
            continue  # the same call came twice at once, and the other was first
        for row in rows:
            log.info("mail_stored", inbound=row.pk, state=row.state, trace=row.trace)
        if any(row.state == InboundEmail.State.RECEIVED for row in rows):
            inbound_stored.send(sender=InboundEmail)
        return set(new)


def _unknown(wanted: dict[tuple[str, str], Arrival]) -> dict[tuple[str, str], Arrival]:
    ids = {identifier for _source, identifier in wanted}
    known = set(
        InboundEmail.objects.filter(external_id__in=ids).values_list("source", "external_id")
    )
    return {key: one for key, one in wanted.items() if key not in known}


def _row(arrival: Arrival) -> InboundEmail:
    row = InboundEmail(
        source=arrival.source,
        external_id=arrival.id,
        thread_id=arrival.thread_id,
        internal_date=arrival.internal_date,
        raw=b"" if arrival.spool else arrival.raw,
        size=arrival.size,
        sender=requester_address(arrival.raw, settings.FORM_SENDERS),
    )
    if arrival.oversize:
        row.state = InboundEmail.State.QUARANTINED
        row.reason = "too large for the webhook: only the header was sent"
        row.processed_at = timezone.now()
    return row


def _write_spooled(row: InboundEmail, arrival: Arrival) -> None:
    """Give a large mail's row its bytes, which as a parameter would stand in memory four times.

    They go piece by piece into a large object, of which the database then makes the column.
    """
    if arrival.spool is None:
        return
    arrival.spool.seek(0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT lo_from_bytea(0, '')")
        (number,) = cursor.fetchone()
        position = 0
        while piece := arrival.spool.read(_PIECE_BYTES):
            cursor.execute("SELECT lo_put(%s, %s, %s)", [number, position, piece])
            position += len(piece)
        cursor.execute(
            "UPDATE mailing_inboundemail SET raw = lo_get(%s) WHERE id = %s", [number, row.pk]
        )
        cursor.execute("SELECT lo_unlink(%s)", [number])


def raw_pieces(inbound_id: int) -> Iterator[bytes]:
    """Yield a mail's bytes piece by piece: whole, 25 MB would take 140 MB on their way here."""
    position, row = 1, InboundEmail.objects.filter(pk=inbound_id)
    while True:
        piece = row.values_list(Substr("raw", position, _PIECE_BYTES), flat=True).get()
        if not piece:
            return
        yield bytes(piece)
        if len(piece) < _PIECE_BYTES:
            return
        position += len(piece)


def missing(source: str, external_ids: Iterable[str]) -> list[str]:
    """Return those of the ids, in their order, under which nothing was ever received."""
    asked = list(dict.fromkeys(external_ids))
    known = set(
        InboundEmail.objects.filter(source=source, external_id__in=asked).values_list(
            "external_id", flat=True
        )
    )
    return [identifier for identifier in asked if identifier not in known]
