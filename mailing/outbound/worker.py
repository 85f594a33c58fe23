"""Work the outbox: claim a mail under a lease, send it outside any transaction, record the end."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from mailing.models import OutboundEmail
from mailing.outbound import attachments, notifications, pause, send_rate
from mailing.outbound.smtp import Answer, Connection, ConnectionExpired, Fate, ServerUnavailable
from mailing.queueing import database_retry, leases
from tickets import services

log = structlog.get_logger(__name__)

State = OutboundEmail.State

# MAIL, RCPT, DATA, the mail itself and its answer, each at most EMAIL_TIMEOUT, and one to spare.
LEASE = timedelta(seconds=6 * settings.EMAIL_TIMEOUT)
# A mail without an answer is sent again this many times, then an operator decides.
UNCERTAIN_RETRIES = 2
FIRST_RETRY_AFTER = timedelta(seconds=5)
LONGEST_RETRY_AFTER = timedelta(hours=2)
STORE_RETRY_AFTER = timedelta(minutes=1)
# The pauses between so many tries make a day. Tries are counted rather than hours, so that a pause
# of the whole queue takes nothing from a mail's day.
MAX_TRIES = 23
_CLAIM_LOCK = 0x5D_02  # the number of our advisory lock, any that nobody else uses


def work(*, until: datetime) -> int:
    """Send what is due until nothing is left, the server is away or `until` is past.

    Returns how many mails got an answer.
    """
    done = 0
    with leases.life() as life:
        while timezone.now() < until and _may_begin():
            try:
                with Connection() as smtp:
                    while timezone.now() < until and smtp.is_open and (row := _next(life)):
                        _send(smtp, row)
                        pause.end()
                        done += 1
                    if _nothing_shows_its_end():
                        pause.end()
            except ConnectionExpired:
                continue
            except ServerUnavailable as error:
                pause.begin(str(error), patient=error.about_us)
                break
    return done


def _may_begin() -> bool:
    wanted = due().exists() or _nothing_shows_its_end()
    return wanted and not pause.is_on() and send_rate.waits_until() is None


def _nothing_shows_its_end() -> bool:
    """Tell whether a pause has outlived its mails, as when they were cancelled.

    Then a connection alone has to end it; while one waits, its answer does.
    """
    waiting = OutboundEmail.objects.filter(state__in=[State.QUEUED, State.SENDING])
    return pause.current() is not None and not waiting.exists()


def _next(life: leases.Life) -> OutboundEmail | None:
    life.show()
    return claim(holder=life.holder)


def due() -> QuerySet[OutboundEmail]:
    """Return the mails whose time has come, the longest waiting first.

    Not one that an earlier mail of the same ticket is still ahead of: the requester gets "received"
    before "taken into work".
    """
    ahead = OutboundEmail.objects.filter(
        ticket=OuterRef("ticket"),
        recipient=OuterRef("recipient"),
        pk__lt=OuterRef("pk"),
        state__in=[State.QUEUED, State.SENDING],
    )
    waiting = Q(state__in=[State.QUEUED, State.DEFERRED, State.UNCERTAIN])
    return OutboundEmail.objects.filter(
        waiting, ~Exists(ahead), next_attempt_at__lte=timezone.now()
    ).order_by("next_attempt_at", "pk")


@transaction.atomic
def claim(*, holder: UUID) -> OutboundEmail | None:
    """Lease the next due mail to a worker; one claim at a time, and none above the send rates."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIM_LOCK])
    if send_rate.waits_until() is not None:
        return None
    while True:
        row = due().select_for_update(skip_locked=True, of=("self",)).first()
        if row is None:
            return None
        frees_at = send_rate.mailbox_waits_until(row.mailbox)
        if frees_at is None:
            break
        _put_off(row.mailbox, frees_at)
    now = timezone.now()
    row.state = State.SENDING
    row.attempts += 1
    row.first_attempt_at = row.first_attempt_at or now
    row.last_attempt_at, row.next_attempt_at, row.reason = now, None, ""
    row.lease_holder, row.lease_expires_at = holder, now + lease(row)
    notifications.save_progress(row)
    return row


def _put_off(mailbox: str, until: datetime) -> None:
    """Let what is due to a mailbox wait that has had its share."""
    reason = "waits: SEND_RATE_PER_RECIPIENT is reached"
    theirs = due().filter(mailbox=mailbox)
    # An operator's message shows that it waits; these are few, as a requester has one open ticket.
    replies = theirs.filter(message__isnull=False).defer("content")
    for row in replies.select_for_update(skip_locked=True, of=("self",)):
        row.next_attempt_at, row.reason = until, reason
        notifications.save_progress(row, reason)
    theirs.update(next_attempt_at=until, reason=reason)


def lease(row: OutboundEmail) -> timedelta:
    """Return how long sending a mail may take; each piece of its files may take `EMAIL_TIMEOUT`."""
    return LEASE + (attachments.number_of_chunks(row) - 1) * timedelta(
        seconds=settings.EMAIL_TIMEOUT
    )


def release_orphans() -> int:
    """Make uncertain what workers were sending when they died; return how many."""
    sending = OutboundEmail.objects.filter(state=State.SENDING)
    held = list(sending.values_list("pk", "lease_holder", "lease_expires_at"))
    dead = leases.dead({holder for _pk, holder, _end in held if holder})
    now = timezone.now()
    orphans = [(pk, holder) for pk, holder, end in held if holder in dead or (end and end < now)]
    for pk, holder in orphans:
        _record(pk, holder, Answer(Fate.UNCERTAIN, None, "the worker that was sending it died"))
    return len(orphans)


def _send(smtp: Connection, row: OutboundEmail) -> None:
    with bound_contextvars(trace=row.trace):
        try:
            answer = smtp.send(recipient=row.recipient, content=attachments.chunks(row))
        except ConnectionExpired:
            _put_back(row, "")
            raise
        except ServerUnavailable as error:
            _put_back(row, error.words)
            raise
        _record_surely(row, answer)


def _record_surely(row: OutboundEmail, answer: Answer) -> None:
    """Record an answer even if the database is away for a moment: else the mail goes out twice."""
    database_retry.with_the_database(lambda: _record(row.pk, row.lease_holder, answer))


@transaction.atomic
def _put_back(row: OutboundEmail, reason: str) -> None:
    """Undo a claim: nothing of the mail was taken, and the mail is not at fault."""
    # Also where it was taken for dead meanwhile, because its database connection had been cut.
    taken = Q(state=State.SENDING) | Q(state=State.UNCERTAIN)
    locked = OutboundEmail.objects.defer("content").select_for_update()
    current = locked.filter(taken, pk=row.pk, lease_holder=row.lease_holder).first()
    if current is None:
        return
    if current.state == State.UNCERTAIN:
        current.uncertain_attempts -= 1
        current.taken_at = current.taken_at[:-1]
    notifications.forget_try(current)
    current.state, current.reason = State.QUEUED, reason
    current.attempts -= 1
    current.first_attempt_at = current.first_attempt_at if current.attempts else None
    current.next_attempt_at = timezone.now()
    current.lease_holder = current.lease_expires_at = None
    notifications.save_progress(current)


@transaction.atomic
def _record(pk: int, holder: UUID | None, answer: Answer) -> None:
    """Write the answer down, unless somebody else has taken the mail over.

    A mail that nobody will try again by itself calls for an operator's attention.
    """
    if answer.fate != Fate.SENT:  # the ticket is locked before the mail, as everywhere
        ticket_id = OutboundEmail.objects.values_list("ticket", flat=True).get(pk=pk)
        services.lock_ticket(ticket_id=ticket_id)
    row = OutboundEmail.objects.defer("content").select_for_update().get(pk=pk)
    awaited = row.state == State.SENDING or (
        # Its lease had run out, but nobody has begun to send it again: the answer still counts.
        row.state == State.UNCERTAIN and answer.fate != Fate.UNCERTAIN
    )
    if not awaited or row.lease_holder != holder:
        return
    if row.state == State.UNCERTAIN:
        row.taken_at = row.taken_at[:-1]  # this try's, whose end is known only now
    row.smtp_code, row.smtp_reply = answer.code, answer.reply
    row.reason, row.next_attempt_at, row.lease_expires_at = "", None, None
    _OUTCOMES[answer.fate](row)
    notifications.save_progress(row)
    if row.state != State.SENT and row.next_attempt_at is None:
        services.set_needs_attention(ticket_id=row.ticket_id, needs_attention=True)
    log.info("mail_attempted", outbound=pk, state=row.state, code=row.smtp_code, trace=row.trace)


def _sent(row: OutboundEmail) -> None:
    row.state, row.sent_at = State.SENT, timezone.now()
    row.taken_at.append(row.sent_at)


def _refused(row: OutboundEmail) -> None:
    row.state, row.reason = State.FAILED, f"refused: {row.smtp_code or ''} {row.smtp_reply}"


def _deferred(row: OutboundEmail) -> None:
    if row.attempts >= MAX_TRIES:
        row.state = State.FAILED
        row.reason = f"not taken for a day: {row.smtp_code or ''} {row.smtp_reply}"
        return
    row.state, row.reason = State.DEFERRED, f"{row.smtp_code or ''} {row.smtp_reply}".strip()
    row.next_attempt_at = timezone.now() + min(
        FIRST_RETRY_AFTER * 2 ** (row.attempts - 1), LONGEST_RETRY_AFTER
    )


def _held_up(row: OutboundEmail) -> None:
    """Let a mail wait whose files cannot be read now; such a try does not count against it."""
    notifications.forget_try(row)
    row.attempts -= 1
    row.state, row.reason = State.DEFERRED, row.smtp_reply
    row.next_attempt_at = timezone.now() + STORE_RETRY_AFTER


def _uncertain(row: OutboundEmail) -> None:
    row.state = State.UNCERTAIN
    row.reason = row.smtp_reply
    row.uncertain_attempts += 1
    row.taken_at.append(timezone.now())
    if row.uncertain_attempts <= UNCERTAIN_RETRIES:
        row.next_attempt_at = timezone.now() + settings.UNCERTAIN_RETRY_AFTER


_OUTCOMES = {
    Fate.SENT: _sent,
    Fate.REFUSED: _refused,
    Fate.DEFERRED: _deferred,
    Fate.HELD_UP: _held_up,
    Fate.UNCERTAIN: _uncertain,
}
