"""The outbox as a queue: mail workers claim due mail under a lease, one claim at a time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from mailing.models import OutboundEmail, OutboxClaimer
from mailing.outbound import send_rate
from mailing.outbound.attempts import LEASE, begin
from mailing.outbound.crossing import MAY_GO
from mailing.outbound.outcomes import record_result
from mailing.outbound.progress import save_progress
from mailing.outbound.smtp import SendResult, SendStatus
from mailing.outbound.states import State
from mailing.queueing import leases
from mailing.queueing.locks import AdvisoryLock, lock_until_commit

_WAITING = Q(state__in=[State.QUEUED, State.DEFERRED, State.UNCERTAIN])
# Mail that is due and not claimed. It waits for earlier mail of the same ticket and recipient: the
# requester gets "received" before "taken into work". A scheduled answer is in no mail's way. It is
# SQL, because a claim precedes every mail of an idle desk, and Django builds a query for longer
# than PostgreSQL runs it.
_IS_DUE = f"""
    mail.state IN ('queued', 'deferred', 'uncertain')
    AND mail.lease_expires_at IS NULL
    AND mail.next_attempt_at <= %(now)s
    AND NOT EXISTS (
        SELECT FROM mailing_outboundemail AS earlier
        WHERE earlier.ticket_id = mail.ticket_id
            AND earlier.recipient = mail.recipient
            AND earlier.id < mail.id
            AND (earlier.state = 'queued' AND earlier.send_at IS NULL OR earlier.state = 'sending')
        OFFSET 0
    )
    AND {MAY_GO}
"""
_COLUMNS = ", ".join(
    f"mail.{field.column}"
    for field in OutboundEmail._meta.concrete_fields
    if field.name != "content"  # it may be large; `attempts` reads it
)
_LONGEST_DUE = f"""
    SELECT {_COLUMNS} FROM mailing_outboundemail AS mail WHERE {_IS_DUE}
    ORDER BY mail.next_attempt_at, mail.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - the text above
_REPLIES_DUE_TO = f"""
    SELECT {_COLUMNS} FROM mailing_outboundemail AS mail
    WHERE mail.mailbox = %(mailbox)s AND mail.message_id IS NOT NULL AND {_IS_DUE}
    ORDER BY mail.message_id FOR UPDATE SKIP LOCKED
"""  # noqa: S608
# A mail that somebody has locked is left to another claim: to wait here could be a deadlock.
_POSTPONE_ALL_DUE_TO = f"""
    UPDATE mailing_outboundemail SET next_attempt_at = %(until)s, reason = %(reason)s
    WHERE id IN (
        SELECT mail.id FROM mailing_outboundemail AS mail
        WHERE mail.mailbox = %(mailbox)s AND {_IS_DUE} FOR UPDATE SKIP LOCKED
    )
"""  # noqa: S608
_IS_ANY_DUE = f"SELECT EXISTS (SELECT FROM mailing_outboundemail AS mail WHERE {_IS_DUE})"  # noqa: S608
# A worker that has claims of before a crash is not registered again: `release` would not see the
# crash any more.
_LEASE = """
    INSERT INTO mailing_outboxclaimer (holder) SELECT %(holder)s WHERE NOT EXISTS (
        SELECT FROM mailing_outboundemail
        WHERE lease_holder = %(holder)s AND lease_expires_at IS NOT NULL
    ) ON CONFLICT DO NOTHING;
    UPDATE mailing_outboundemail SET lease_holder = %(holder)s, lease_expires_at = %(expires_at)s
    WHERE id = ANY(%(ids)s) RETURNING id, xmin::text
"""


@dataclass(frozen=True)
class Batch:
    """The mails of a claim in the order of sending, and whether more mail is due."""

    mails: list[OutboundEmail]
    more_is_due: bool


def is_any_due() -> bool:
    """Return whether mail is due and not claimed."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_ANY_DUE, {"now": timezone.now()})
        return bool(cursor.fetchone()[0])


@transaction.atomic
def claim_batch(*, holder: UUID, limit: int) -> Batch:
    """Claim up to so many due mails for a worker, as many as the send rates allow.

    A claimed mail keeps its state until `attempts` begins to send it, so that it may still be
    cancelled, and waits again as before when its worker dies.
    """
    lock_until_commit(AdvisoryLock.OUTBOX_CLAIM)
    room = send_rate.room(limit)
    if not room:
        return Batch([], more_is_due=False)
    candidates: list[OutboundEmail] = []
    mails: list[OutboundEmail] = []
    while not mails:
        values = {"now": timezone.now(), "limit": room + 1}
        candidates = list(OutboundEmail.objects.raw(_LONGEST_DUE, values))
        if not candidates:
            return Batch([], more_is_due=False)
        mails = _within_mailbox_rates(candidates[:room])
    _lease(mails, holder)
    return Batch(mails, more_is_due=room == limit and len(candidates) > len(mails))


def _lease(mails: list[OutboundEmail], holder: UUID) -> None:
    """Store who holds the mails, and until when at most the first of them is sent."""
    expires_at = timezone.now() + LEASE
    with connection.cursor() as cursor:
        ids = [mail.pk for mail in mails]
        cursor.execute(_LEASE, {"holder": holder, "expires_at": expires_at, "ids": ids})
        row_versions = dict(cursor.fetchall())
    for mail in mails:
        mail.lease_holder, mail.lease_expires_at = holder, expires_at
        mail.row_version = row_versions[mail.pk]


def _within_mailbox_rates(mails: list[OutboundEmail]) -> list[OutboundEmail]:
    """Return those of the mails that their mailboxes' rate allows; postpone the others' mailboxes.

    A mailbox whose rate these mails reach is postponed by the claim after them, which knows when
    the server has accepted them.
    """
    room = send_rate.mailbox_room({mail.mailbox for mail in mails}, len(mails))
    for mailbox in [mailbox for mailbox, count in room.items() if not count]:
        full_until = send_rate.mailbox_full_until(mailbox)
        if full_until is not None:
            _reschedule_mailbox(mailbox, full_until)
    allowed = []
    for mail in mails:
        if room[mail.mailbox]:
            room[mail.mailbox] -= 1
            allowed.append(mail)
    return allowed


def _reschedule_mailbox(mailbox: str, until: datetime) -> None:
    """Postpone all due mail to a mailbox that has reached its send rate."""
    reason = "waits: SEND_RATE_PER_RECIPIENT is reached"
    values: dict[str, datetime | str] = {
        "mailbox": mailbox,
        "now": timezone.now(),
        "until": until,
        "reason": reason,
    }
    # Operators' messages show that they wait. There are few: a requester has one open ticket.
    for outbound in list(OutboundEmail.objects.raw(_REPLIES_DUE_TO, values)):
        outbound.next_attempt_at, outbound.reason = until, reason
        save_progress(outbound, reason)
    with connection.cursor() as cursor:
        cursor.execute(_POSTPONE_ALL_DUE_TO, values)


@transaction.atomic
def release(holder: UUID) -> int:
    """Let others claim the mails that a worker has claimed and not begun to send; return how many.

    If PostgreSQL has crashed since, the record that they were begun may be lost: then they count
    as begun. That it has crashed shows in the worker's row, which is gone then (`OutboxClaimer`).
    """
    claimed = OutboundEmail.objects.filter(
        _WAITING, lease_holder=holder, lease_expires_at__isnull=False
    )
    if OutboxClaimer.objects.filter(pk=holder).delete()[0]:
        return claimed.update(lease_holder=None, lease_expires_at=None)
    mails = list(claimed.defer("content").select_for_update().order_by("pk"))
    for outbound in mails:
        begin(outbound)
        save_progress(outbound)
    return len(mails)


def release_orphans() -> int:
    """Release the mails of dead workers; return how many became uncertain.

    These are the mails that they were sending.
    """
    claimed = OutboundEmail.objects.filter(lease_expires_at__isnull=False)
    for dead in {holder for _pk, holder in _abandoned(claimed.filter(_WAITING)) if holder}:
        release(dead)
    result = SendResult(SendStatus.UNCERTAIN, None, "the worker that was sending it died")
    begun = _abandoned(claimed.filter(state=State.SENDING))
    for pk, holder in begun:
        record_result(pk, holder, result)
    return len(begun)


def _abandoned(mails: QuerySet[OutboundEmail]) -> list[tuple[int, UUID | None]]:
    """Return which of the mails a dead worker holds, or one whose lease has expired, and which."""
    held = list(mails.values_list("pk", "lease_holder", "lease_expires_at"))
    dead = leases.without_connection({holder for _pk, holder, _end in held if holder})
    now = timezone.now()
    return [(pk, holder) for pk, holder, end in held if holder in dead or (end and end < now)]
