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

# MAIL, RCPT, DATA, the mail itself and its answer, each at most EMAIL_TIMEOUT, and one to spare.
LEASE = timedelta(seconds=6 * settings.EMAIL_TIMEOUT)


def due() -> QuerySet[OutboundEmail]:
    """Return the mails whose time has come, the longest waiting first.

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
    """Claim the next due mail for a worker; None when there is none, or a send rate is reached."""
    lock_until_commit(AdvisoryLock.OUTBOX_CLAIM)
    if send_rate.full_until() is not None:
        return None
    while True:
        row = due().select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        full_until = send_rate.mailbox_full_until(row.mailbox)
        if full_until is None:
            break
        _reschedule_mailbox(row.mailbox, full_until)
    now = timezone.now()
    move(row, State.SENDING)
    row.attempts += 1
    row.first_attempt_at = row.first_attempt_at or now
    row.last_attempt_at, row.next_attempt_at, row.reason = now, None, ""
    row.lease_holder, row.lease_expires_at = holder, now + lease_for(row)
    save_progress(row)
    return row


def lease_for(row: OutboundEmail) -> timedelta:
    """Return how long sending a mail may take: each piece of its files may take EMAIL_TIMEOUT."""
    pieces = attachments.number_of_chunks(row)
    return LEASE + (pieces - 1) * timedelta(seconds=settings.EMAIL_TIMEOUT)


def release_orphans() -> int:
    """Make uncertain what workers were sending when they died; return how many mails."""
    sending = OutboundEmail.objects.filter(state=State.SENDING)
    held = list(sending.values_list("pk", "lease_holder", "lease_expires_at"))
    dead = leases.without_connection({holder for _pk, holder, _end in held if holder})
    now = timezone.now()
    orphans = [
        (pk, holder)
        for pk, holder, expires_at in held
        if holder in dead or (expires_at and expires_at < now)
    ]
    result = SendResult(SendStatus.UNCERTAIN, None, "the worker that was sending it died")
    for pk, holder in orphans:
        record_result(pk, holder, result)
    return len(orphans)


def _reschedule_mailbox(mailbox: str, until: datetime) -> None:
    """Postpone all due mail to a mailbox that has reached its send rate."""
    reason = "waits: SEND_RATE_PER_RECIPIENT is reached"
    theirs = due().filter(mailbox=mailbox)
    # An operator's message shows that it waits; there are few, as a requester has one open ticket.
    replies = theirs.filter(message__isnull=False).defer("content")
    for row in replies.select_for_update(skip_locked=True, of=("self",)):
        row.next_attempt_at, row.reason = until, reason
        save_progress(row, reason)
    theirs.update(next_attempt_at=until, reason=reason)
