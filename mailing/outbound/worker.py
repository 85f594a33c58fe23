"""The mail worker's loop: open a connection, claim and send mail by mail, until nothing is due."""

from datetime import datetime

from django.utils import timezone
from structlog.contextvars import bound_contextvars

from mailing.models import OutboundEmail
from mailing.outbound import attachments, outcomes, pause, queue, send_rate
from mailing.outbound.smtp import Connection, ConnectionExpired, ServerUnavailable
from mailing.outbound.states import State
from mailing.queueing.leases import LeaseHolder, lease_holder


def work_outbox(*, until: datetime) -> int:
    """Send due mail until nothing is left, the mail server is unavailable or the time is over.

    Returns how many mails got an answer.
    """
    answered = 0
    with lease_holder() as holder:
        while timezone.now() < until and _may_connect():
            try:
                with Connection() as smtp:
                    while timezone.now() < until and smtp.is_open and (row := _claim(holder)):
                        send_claimed(smtp, row)
                        pause.end()
                        answered += 1
                    if _pause_needs_probe():
                        pause.end()
            except ConnectionExpired:
                continue
            except ServerUnavailable as error:
                pause.begin(str(error), patient=error.about_us)
                break
    return answered


def _may_connect() -> bool:
    wanted = queue.due().exists() or _pause_needs_probe()
    return wanted and not pause.is_on() and send_rate.full_until() is None


def _pause_needs_probe() -> bool:
    """Tell whether a pause has outlived its mails, for example because they were cancelled.

    Then a connection alone must end it; while a mail waits, the server's answer to it does.
    """
    waiting = OutboundEmail.objects.filter(state__in=[State.QUEUED, State.SENDING])
    return pause.current() is not None and not waiting.exists()


def _claim(holder: LeaseHolder) -> OutboundEmail | None:
    holder.hold_liveness_lock()
    return queue.claim_next(holder=holder.id)


def send_claimed(smtp: Connection, row: OutboundEmail) -> None:
    """Send a claimed mail over an open connection and record the result."""
    with bound_contextvars(trace=row.trace):
        try:
            result = smtp.send(recipient=row.recipient, content=attachments.chunks(row))
        except ConnectionExpired:
            outcomes.undo_claim(row)
            raise
        except ServerUnavailable as error:
            outcomes.undo_claim(row, error.words)
            raise
        outcomes.record_with_retry(row, result)
