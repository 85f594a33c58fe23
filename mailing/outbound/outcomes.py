"""Record how the attempt to send a claimed mail ended."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound import holding
from mailing.outbound.progress import remove_attempt_from_timeline, save_progress
from mailing.outbound.smtp import SendResult, SendStatus
from mailing.outbound.states import State, move
from mailing.outbound.telling import report_failure
from mailing.queueing.backoff import exponential_backoff
from mailing.queueing.database_retry import retry_while_database_is_down
from tickets.changes import lock_ticket

log = structlog.get_logger(__name__)

# A mail whose answer was lost is sent again this many times, then an operator decides.
UNCERTAIN_RETRIES = 2
FIRST_RETRY_AFTER = timedelta(seconds=5)
LONGEST_RETRY_AFTER = timedelta(hours=2)
ATTACHMENT_RETRY_AFTER = timedelta(minutes=1)
# The waits between so many attempts add up to a day. Attempts are counted rather than hours, so
# that a pause of the whole outbox does not shorten a mail's day.
MAX_ATTEMPTS = 23


@transaction.atomic
def record_result(outbound_id: int, holder: UUID | None, result: SendResult) -> None:
    """Record the result of an attempt, unless another worker has claimed the mail since.

    When no other attempt follows and the mail was not sent, its failure is reported.
    """
    if result.status != SendStatus.SENT:  # the ticket is locked before the mail, as everywhere
        ticket_id = OutboundEmail.objects.values_list("ticket", flat=True).get(pk=outbound_id)
        if ticket_id is not None:
            lock_ticket(ticket_id=ticket_id)
    outbound = OutboundEmail.objects.defer("content").select_for_update().get(pk=outbound_id)
    is_awaited = outbound.state == State.SENDING or (
        # Its lease had expired, but no worker has claimed it again: the answer still counts.
        outbound.state == State.UNCERTAIN and result.status != SendStatus.UNCERTAIN
    )
    if not is_awaited or outbound.lease_holder != holder:
        return
    if outbound.state == State.UNCERTAIN:
        # Without this attempt's, whose result has come only now.
        outbound.taken_at = outbound.taken_at[:-1]
    apply_result(outbound, result)
    save_progress(outbound)
    if outbound.state != State.SENT and outbound.next_attempt_at is None:
        report_failure(outbound)
    log.info(
        "mail_attempted",
        outbound=outbound.pk,
        state=outbound.state,
        code=outbound.smtp_code,
        trace=outbound.trace,
    )


def record_with_retry(outbound: OutboundEmail, result: SendResult) -> None:
    """Record the result of an attempt, also if the database is down for some seconds.

    Retried, because a mail whose result is lost is sent twice.
    """
    retry_while_database_is_down(lambda: record_result(outbound.pk, outbound.lease_holder, result))


def apply_result(outbound: OutboundEmail, result: SendResult) -> None:
    """Change a mail as the result of its attempt says, without saving it."""
    outbound.smtp_code, outbound.smtp_reply = result.code, result.reply
    outbound.reason, outbound.next_attempt_at, outbound.lease_expires_at = "", None, None
    _APPLY_STATUS[result.status](outbound)


def log_accepted(mails: Sequence[OutboundEmail]) -> None:
    """Log that the server accepted these mails.

    In one line, because a line for each would be a quarter of the time that sending it takes.
    """
    if mails:
        ids = " ".join(str(mail.pk) for mail in mails)
        traces = " ".join(mail.trace for mail in mails)
        log.info("mail_attempted", outbound=ids, state=State.SENT.value, trace=traces)


@transaction.atomic
def undo_claim(outbound_id: int, holder: UUID | None, reason: str = "") -> None:
    """Queue a claimed mail again, when nothing of it was sent, as if it had never been claimed."""
    # Uncertain when the worker's database connection was cut meanwhile.
    begun = Q(state=State.SENDING) | Q(state=State.UNCERTAIN, lease_expires_at=None)
    claimed = OutboundEmail.objects.filter(begun, pk=outbound_id, lease_holder=holder)
    ticket = holding.lock_answer(claimed)
    outbound = claimed.defer("content").select_for_update().first()
    if outbound is None:  # it was not begun: an answer that must wait for mail in the inbox
        waiting = OutboundEmail.objects.filter(
            pk=outbound_id, lease_holder=holder, lease_expires_at__isnull=False
        )
        waiting.exclude(state=State.SENDING).update(lease_holder=None, lease_expires_at=None)
        return
    if outbound.state == State.UNCERTAIN:
        outbound.uncertain_attempts -= 1
        outbound.taken_at = outbound.taken_at[:-1]
    remove_attempt_from_timeline(outbound)
    move(outbound, State.QUEUED)
    outbound.reason = reason
    outbound.attempts -= 1
    outbound.first_attempt_at = outbound.first_attempt_at if outbound.attempts else None
    outbound.next_attempt_at = timezone.now()
    outbound.lease_holder = outbound.lease_expires_at = None
    save_progress(outbound)
    if ticket is not None:
        holding.hold_if_crossed(outbound, ticket)


def _mark_sent(outbound: OutboundEmail) -> None:
    move(outbound, State.SENT)
    outbound.sent_at = timezone.now()
    outbound.taken_at.append(outbound.sent_at)


def _mark_refused(outbound: OutboundEmail) -> None:
    move(outbound, State.FAILED)
    outbound.reason = f"refused: {outbound.smtp_code or ''} {outbound.smtp_reply}"


def _defer(outbound: OutboundEmail) -> None:
    if outbound.attempts >= MAX_ATTEMPTS:
        move(outbound, State.FAILED)
        outbound.reason = f"not taken for a day: {outbound.smtp_code or ''} {outbound.smtp_reply}"
        return
    move(outbound, State.DEFERRED)
    outbound.reason = f"{outbound.smtp_code or ''} {outbound.smtp_reply}".strip()
    outbound.next_attempt_at = timezone.now() + exponential_backoff(
        outbound.attempts, first=FIRST_RETRY_AFTER, longest=LONGEST_RETRY_AFTER
    )


def _defer_for_attachment(outbound: OutboundEmail) -> None:
    """Defer a mail whose file cannot be read now, and do not count the attempt."""
    remove_attempt_from_timeline(outbound)
    outbound.attempts -= 1
    move(outbound, State.DEFERRED)
    outbound.reason = outbound.smtp_reply
    outbound.next_attempt_at = timezone.now() + ATTACHMENT_RETRY_AFTER


def _mark_uncertain(outbound: OutboundEmail) -> None:
    move(outbound, State.UNCERTAIN)
    outbound.reason = outbound.smtp_reply
    outbound.uncertain_attempts += 1
    outbound.taken_at.append(timezone.now())
    if outbound.uncertain_attempts <= UNCERTAIN_RETRIES:
        outbound.next_attempt_at = timezone.now() + settings.UNCERTAIN_RETRY_AFTER


_APPLY_STATUS: dict[SendStatus, Callable[[OutboundEmail], None]] = {
    SendStatus.SENT: _mark_sent,
    SendStatus.REFUSED: _mark_refused,
    SendStatus.DEFERRED: _defer,
    SendStatus.ATTACHMENT_UNAVAILABLE: _defer_for_attachment,
    SendStatus.UNCERTAIN: _mark_uncertain,
}
