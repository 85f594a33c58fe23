"""The outbox as a queue: mail workers claim due mail under a lease, one claim at a time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound import attachments, send_rate
from mailing.outbound.outcomes import record_result
from mailing.outbound.progress import save_progress
from mailing.outbound.smtp import SendResult, SendStatus
from mailing.outbound.states import State, move
from mailing.queueing import leases
from mailing.queueing.locks import AdvisoryLock, lock_until_commit

# MAIL, RCPT, DATA, the mail itself and its answer take at most EMAIL_TIMEOUT each; one to spare.
LEASE = timedelta(seconds=6 * settings.EMAIL_TIMEOUT)


def due() -> QuerySet[OutboundEmail]:
    """Return the mails that are due, those that have waited longest first.

    A mail waits for earlier ones of the same ticket and recipient: the requester gets "received"
    before "taken into work".
    """
    earlier = OutboundEmail.objects.filter(
        ticket=OuterRef("ticket"),
        recipient=OuterRef("recipient"),
        pk__lt=OuterRef("pk"),
        state__in=[State.QUEUED, State.SENDING],
    )
    waiting = Q(state__in=[State.QUEUED, State.DEFERRED, State.UNCERTAIN])
    return OutboundEmail.objects.filter(
        waiting, ~Exists(earlier), next_attempt_at__lte=timezone.now()
    ).order_by("next_attempt_at", "pk")


@transaction.atomic
def claim_next(*, holder: UUID) -> OutboundEmail | None:
    """Claim the next due mail for a worker; None when there is none or SEND_RATE is reached."""
    lock_until_commit(AdvisoryLock.OUTBOX_CLAIM)
    if send_rate.full_until() is not None:
        return None
    while True:
        outbound = due().select_for_update(skip_locked=True, of=("self",)).first()
        if outbound is None:
            return None
        full_until = send_rate.mailbox_full_until(outbound.mailbox)
        if full_until is None:
            break
        _reschedule_mailbox(outbound.mailbox, full_until)
    now = timezone.now()
    move(outbound, State.SENDING)
    outbound.attempts += 1
    outbound.first_attempt_at = outbound.first_attempt_at or now
    outbound.last_attempt_at, outbound.next_attempt_at, outbound.reason = now, None, ""
    outbound.lease_holder, outbound.lease_expires_at = holder, now + lease_for(outbound)
    save_progress(outbound)
    return outbound


def lease_for(outbound: OutboundEmail) -> timedelta:
    """Return how long sending a mail may take: up to EMAIL_TIMEOUT for each piece of its files."""
    pieces = attachments.number_of_chunks(outbound)
    return LEASE + (pieces - 1) * timedelta(seconds=settings.EMAIL_TIMEOUT)


def release_orphans() -> int:
    """Make the mails uncertain that workers were sending when they died; return how many."""
    sending = OutboundEmail.objects.filter(state=State.SENDING)
    held = list(sending.values_list("pk", "lease_holder", "lease_expires_at"))
    dead = leases.without_connection({holder for _pk, holder, _end in held if holder})
    now = timezone.now()
    result = SendResult(SendStatus.UNCERTAIN, None, "the worker that was sending it died")
    released = 0
    for pk, holder, expires_at in held:
        if holder in dead or (expires_at and expires_at < now):
            record_result(pk, holder, result)
            released += 1
    return released


def _reschedule_mailbox(mailbox: str, until: datetime) -> None:
    """Postpone all due mail to a mailbox that has reached its send rate."""
    reason = "waits: SEND_RATE_PER_RECIPIENT is reached"
    theirs = due().filter(mailbox=mailbox)
    # Operators' messages show that they wait. There are few: a requester has one open ticket.
    replies = theirs.filter(message__isnull=False).defer("content")
    for outbound in replies.select_for_update(skip_locked=True, of=("self",)):
        outbound.next_attempt_at, outbound.reason = until, reason
        save_progress(outbound, reason)
    theirs.update(next_attempt_at=until, reason=reason)
