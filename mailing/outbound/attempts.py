"""Begin attempts to send claimed mails, and record which of them the server accepted.

Both are one statement, whose commit does not wait for the disk. So PostgreSQL may lose the last
moments of it when it crashes (at most three times `wal_writer_delay`, 0.6 s by default). Claims are
committed to the disk: a mail that was claimed before a crash may have been sent, see
`queue.release`. A worker that dies makes only the mail uncertain that it was sending.
"""

from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound import attachments, outcomes
from mailing.outbound.outcomes import apply_result
from mailing.outbound.progress import add_to_timeline, save_attempts
from mailing.outbound.smtp import SendResult
from mailing.outbound.states import State, move
from mailing.queueing.database_retry import retry_while_database_is_down

# MAIL, RCPT, DATA, the mail itself and its answer take at most EMAIL_TIMEOUT each; one to spare.
LEASE = timedelta(seconds=6 * settings.EMAIL_TIMEOUT)


def lease_for(outbound: OutboundEmail) -> timedelta:
    """Return how long sending a mail may take: up to EMAIL_TIMEOUT for each piece of its files."""
    pieces = attachments.number_of_chunks(outbound)
    return LEASE + (pieces - 1) * timedelta(seconds=settings.EMAIL_TIMEOUT)


def begin(outbound: OutboundEmail) -> None:
    """Change a claimed mail to one that is being sent, without saving it."""
    now = timezone.now()
    move(outbound, State.SENDING)
    outbound.attempts += 1
    outbound.first_attempt_at = outbound.first_attempt_at or now
    outbound.last_attempt_at, outbound.next_attempt_at, outbound.reason = now, None, ""
    outbound.lease_expires_at = now + lease_for(outbound)
    add_to_timeline(outbound)


def record_acceptance(
    accepted: tuple[OutboundEmail, SendResult] | None, following: OutboundEmail | None = None
) -> bool:
    """Record that the server accepted a mail, and that the following one is being sent.

    Returns whether the following one may be sent: nobody has cancelled it or taken it meanwhile.
    """
    mails = []
    if accepted is not None:
        mail, result = accepted
        apply_result(mail, result)
        add_to_timeline(mail)
        mails.append(mail)
    if following is not None:
        begin(following)
        mails.append(following)
    saved = _save(mails)
    if accepted is not None and mail.pk not in saved:
        outcomes.record_with_retry(mail, result)
    if following is not None and following.pk not in saved:
        # If it was stored after all and only the database's answer was lost.
        retry_while_database_is_down(
            lambda: outcomes.undo_claim(following.pk, following.lease_holder)
        )
    return following is not None and following.pk in saved


def _save(mails: list[OutboundEmail]) -> set[int]:
    """Store mails by one statement, with a second one for an operator's message."""
    try:
        if all(mail.message_id is None for mail in mails):
            return save_attempts(mails)
        with transaction.atomic():
            # In the order in which `answers` and `mailing.inbound.crossing` lock copies.
            of_answers = [mail.pk for mail in mails if mail.message_id is not None]
            if len(of_answers) > 1:
                rows = OutboundEmail.objects.filter(pk__in=of_answers).order_by("pk")
                list(rows.select_for_update(of=["self"]).values_list("pk"))
            return save_attempts(mails)
    except (OperationalError, InterfaceError):
        connection.close()
        return set()
