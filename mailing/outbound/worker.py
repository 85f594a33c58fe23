"""The mail worker's loop: connect to the mail server, claim and send mail until nothing is due."""

from datetime import datetime

from django.utils import timezone
from structlog.contextvars import bound_contextvars

from mailing.models import OutboundEmail
from mailing.outbound import attachments, outcomes, pause, queue, send_rate
from mailing.outbound.smtp import Connection, ConnectionExpired, ServerUnavailable
from mailing.outbound.states import State
from mailing.queueing.database_retry import retry_while_database_is_down
from mailing.queueing.leases import LeaseHolder, lease_holder


def work_outbox(*, until: datetime) -> int:
    """Send due mail until none is left, the mail server is unavailable or the time is over.

    Returns for how many mails an attempt ended.
    """
    answered = 0
    with lease_holder() as holder:
        while timezone.now() < until and _may_connect():
            try:
                with Connection() as smtp:
                    while timezone.now() < until and smtp.is_open and (outbound := _claim(holder)):
                        send_claimed(smtp, outbound)
                        pause.end()
                        answered += 1
                    if _pause_needs_probe():
                        pause.end()
            except ConnectionExpired:
                continue
            except ServerUnavailable as error:
                pause.begin(str(error), about_us=error.about_us)
                break
    return answered


def _may_connect() -> bool:
    wanted = queue.due().exists() or _pause_needs_probe()
    return wanted and not pause.is_on() and send_rate.full_until() is None


def _pause_needs_probe() -> bool:
    """Return whether there is a pause but no mail to end it, for example after all was cancelled.

    Then a connection alone must end the pause; otherwise the server's answer to a mail ends it.
    """
    waiting = OutboundEmail.objects.filter(state__in=[State.QUEUED, State.SENDING])
    return pause.current() is not None and not waiting.exists()


def _claim(holder: LeaseHolder) -> OutboundEmail | None:
    holder.hold_liveness_lock()
    return queue.claim_next(holder=holder.id)


def send_claimed(smtp: Connection, outbound: OutboundEmail) -> None:
    """Send a claimed mail over an open connection and record the result."""
    with bound_contextvars(trace=outbound.trace):
        try:
            result = smtp.send(recipient=outbound.recipient, content=attachments.chunks(outbound))
        except ConnectionExpired:
            outcomes.undo_claim(outbound.pk, outbound.lease_holder)
            raise
        except ServerUnavailable as error:
            outcomes.undo_claim(outbound.pk, outbound.lease_holder, error.words)
            raise
        # Retried, because a mail whose result is lost is sent twice.
        retry_while_database_is_down(
            lambda: outcomes.record_result(outbound.pk, outbound.lease_holder, result)
        )
