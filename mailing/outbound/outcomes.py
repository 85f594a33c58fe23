"""Record how the attempt to send a claimed mail ended."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound.progress import remove_attempt_from_timeline, save_progress
from mailing.outbound.smtp import SendResult, SendStatus
from mailing.outbound.states import State, move
from mailing.queueing.backoff import exponential_backoff
from mailing.queueing.database_retry import retry_while_database_is_down
from tickets import services

log = structlog.get_logger(__name__)

# A mail without an answer is sent again this many times, then an operator decides.
UNCERTAIN_RETRIES = 2
FIRST_RETRY_AFTER = timedelta(seconds=5)
LONGEST_RETRY_AFTER = timedelta(hours=2)
ATTACHMENT_RETRY_AFTER = timedelta(minutes=1)
# The waits between so many tries add up to a day. Tries are counted rather than hours, so that a
# pause of the whole queue takes nothing from a mail's day.
MAX_TRIES = 23


def record_with_retry(row: OutboundEmail, result: SendResult) -> None:
    """Record a result even if the database is down for a moment: else the mail goes out twice."""
    retry_while_database_is_down(lambda: record_result(row.pk, row.lease_holder, result))


@transaction.atomic
def record_result(pk: int, holder: UUID | None, result: SendResult) -> None:
    """Record the result of an attempt, unless another worker has claimed the mail since.

    A mail that nobody will try again by itself makes its ticket need attention.
    """
    if result.status != SendStatus.SENT:  # the ticket is locked before the mail, as everywhere
        ticket_id = OutboundEmail.objects.values_list("ticket", flat=True).get(pk=pk)
        services.lock_ticket(ticket_id=ticket_id)
    row = OutboundEmail.objects.defer("content").select_for_update().get(pk=pk)
    is_awaited = row.state == State.SENDING or (
        # Its lease had expired, but nobody has begun to send it again: the answer still counts.
        row.state == State.UNCERTAIN and result.status != SendStatus.UNCERTAIN
    )
    if not is_awaited or row.lease_holder != holder:
        return
    if row.state == State.UNCERTAIN:
        row.taken_at = row.taken_at[:-1]  # of this attempt, whose end is known only now
    row.smtp_code, row.smtp_reply = result.code, result.reply
    row.reason, row.next_attempt_at, row.lease_expires_at = "", None, None
    _APPLY[result.status](row)
    save_progress(row)
    if row.state != State.SENT and row.next_attempt_at is None:
        services.set_needs_attention(ticket_id=row.ticket_id, needs_attention=True)
    log.info("mail_attempted", outbound=pk, state=row.state, code=row.smtp_code, trace=row.trace)


@transaction.atomic
def undo_claim(row: OutboundEmail, reason: str = "") -> None:
    """Queue a claimed mail again of which nothing was sent, as if it had never been claimed."""
    # Also when it was made uncertain meanwhile, because the worker's database connection was cut.
    claimed = Q(state__in=[State.SENDING, State.UNCERTAIN])
    locked = OutboundEmail.objects.defer("content").select_for_update()
    current = locked.filter(claimed, pk=row.pk, lease_holder=row.lease_holder).first()
    if current is None:
        return
    if current.state == State.UNCERTAIN:
        current.uncertain_attempts -= 1
        current.taken_at = current.taken_at[:-1]
    remove_attempt_from_timeline(current)
    move(current, State.QUEUED)
    current.reason = reason
    current.attempts -= 1
    current.first_attempt_at = current.first_attempt_at if current.attempts else None
    current.next_attempt_at = timezone.now()
    current.lease_holder = current.lease_expires_at = None
    save_progress(current)


def _sent(row: OutboundEmail) -> None:
    move(row, State.SENT)
    row.sent_at = timezone.now()
    row.taken_at.append(row.sent_at)


def _refused(row: OutboundEmail) -> None:
    move(row, State.FAILED)
    row.reason = f"refused: {row.smtp_code or ''} {row.smtp_reply}"


def _deferred(row: OutboundEmail) -> None:
    if row.attempts >= MAX_TRIES:
        move(row, State.FAILED)
        row.reason = f"not taken for a day: {row.smtp_code or ''} {row.smtp_reply}"
        return
    move(row, State.DEFERRED)
    row.reason = f"{row.smtp_code or ''} {row.smtp_reply}".strip()
    row.next_attempt_at = timezone.now() + exponential_backoff(
        row.attempts, first=FIRST_RETRY_AFTER, longest=LONGEST_RETRY_AFTER
    )


def _attachment_unavailable(row: OutboundEmail) -> None:
    """Let a mail wait for a file that cannot be read now; such an attempt does not count."""
    remove_attempt_from_timeline(row)
    row.attempts -= 1
    move(row, State.DEFERRED)
    row.reason = row.smtp_reply
    row.next_attempt_at = timezone.now() + ATTACHMENT_RETRY_AFTER


def _uncertain(row: OutboundEmail) -> None:
    move(row, State.UNCERTAIN)
    row.reason = row.smtp_reply
    row.uncertain_attempts += 1
    row.taken_at.append(timezone.now())
    if row.uncertain_attempts <= UNCERTAIN_RETRIES:
        row.next_attempt_at = timezone.now() + settings.UNCERTAIN_RETRY_AFTER


_APPLY: dict[SendStatus, Callable[[OutboundEmail], None]] = {
    SendStatus.SENT: _sent,
    SendStatus.REFUSED: _refused,
    SendStatus.DEFERRED: _deferred,
    SendStatus.ATTACHMENT_UNAVAILABLE: _attachment_unavailable,
    SendStatus.UNCERTAIN: _uncertain,
}
