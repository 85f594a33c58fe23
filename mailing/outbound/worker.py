"""The mail worker's loop: claim mail, connect to the mail server, and send until nothing is due."""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from mailing.models import OutboundEmail
from mailing.outbound import attachments, attempts, outcomes, pause, queue
from mailing.outbound.connections import Connections
from mailing.outbound.smtp import (
    Connection,
    ConnectionExpired,
    SendResult,
    SendStatus,
    ServerUnavailable,
)
from mailing.outbound.states import State
from mailing.queueing.leases import LeaseHolder, lease_holder

# A claim is for as many mails as take about so long, so that they do not wait for one connection
# while others are idle.
BATCH_SECONDS = 0.3
MAX_BATCH = 64
# A batch that takes longer, because the server has become slow, is left to other connections.
MAX_BATCH_SECONDS = 2.0


def work_outbox(
    *,
    until: datetime,
    connections: Connections | None = None,
    wake_another: Callable[[], None] = lambda: None,
) -> int:
    """Send due mail until none is left, the mail server is unavailable or the time is over.

    connections: of which one is used, and kept for the next call.
    wake_another: called once if more mail is due than this worker claims.

    Returns for how many mails an attempt ended.
    """
    connections = connections or Connections()
    with lease_holder() as holder:
        work = _Work(holder, until, connections, wake_another)
        try:
            work.run()
        finally:
            work.release()
            connections.close_idle()
    return work.answered


class _Work:
    """The work of one call, under one lease holder."""

    def __init__(
        self,
        holder: LeaseHolder,
        until: datetime,
        connections: Connections,
        wake_another: Callable[[], None],
    ) -> None:
        self.answered = 0
        self._holder, self._until, self._connections = holder, until, connections
        self._wake_another: Callable[[], None] | None = wake_another
        self._batch: deque[OutboundEmail] = deque()
        self._batch_size = 1
        self._has_claimed = False
        self._is_accepted = False  # whether the server has answered a mail of the last batch

    def run(self) -> None:
        """Send one batch after the other until one of the reasons to end."""
        while timezone.now() < self._until and (self._is_accepted or not pause.is_on()):
            if not self._batch:
                self._claim()
            if not self._batch and not _pause_needs_probe():
                return
            try:
                with self._connections.borrow() as smtp:
                    if self._batch:
                        self._send_batch(smtp)
                    else:
                        pause.end()
            except ConnectionExpired:  # it has carried mail, so a new one may carry the rest
                continue
            except ServerUnavailable as error:
                pause.begin(str(error), about_us=error.about_us)
                return

    def release(self) -> None:
        """Leave the mails that were claimed and not begun to other workers."""
        self._batch.clear()
        if self._has_claimed:
            queue.release(self._holder.id)
            self._has_claimed = False

    def _claim(self) -> None:
        self._holder.hold_liveness_lock()
        had_claimed, self._has_claimed = self._has_claimed, True  # also when its answer is lost
        claimed = queue.claim_batch(holder=self._holder.id, limit=self._batch_size)
        self._has_claimed = had_claimed or bool(claimed.mails)
        self._batch.extend(claimed.mails)
        if claimed.more_is_due and self._wake_another is not None:
            self._wake_another()
            self._wake_another = None

    def _send_batch(self, smtp: Connection) -> None:
        """Send the claimed mails; each answer is recorded before the next mail is sent."""
        began_at, answered_before = time.monotonic(), self.answered
        sent: list[OutboundEmail] = []
        accepted: tuple[OutboundEmail, SendResult] | None = None
        try:
            while self._batch and smtp.is_open and not self._is_late(began_at):
                outbound = self._batch.popleft()
                self._holder.hold_liveness_lock()
                to_record, accepted = accepted, None
                if not attempts.record_acceptance(to_record, outbound):
                    continue
                result = send_begun(smtp, outbound)
                self.answered += 1
                if result.status == SendStatus.SENT:
                    accepted = outbound, result
                    sent.append(outbound)
                else:
                    outcomes.record_with_retry(outbound, result)
        finally:
            outcomes.log_accepted(sent)
            if accepted is not None:
                attempts.record_acceptance(accepted)
            answered = self.answered - answered_before
            self._is_accepted = answered > 0
            if answered:
                pause.end()
                mails_in_time = BATCH_SECONDS * answered / (time.monotonic() - began_at)
                self._batch_size = max(1, min(MAX_BATCH, int(mails_in_time)))
        if self._is_late(began_at):
            self.release()

    def _is_late(self, began_at: float) -> bool:
        return timezone.now() >= self._until or time.monotonic() - began_at > MAX_BATCH_SECONDS


def send_begun(smtp: Connection, outbound: OutboundEmail) -> SendResult:
    """Send a mail whose attempt has begun; undo its claim if the server accepts none from us."""
    with bound_contextvars(trace=outbound.trace):
        try:
            return smtp.send(
                recipient=outbound.recipient,
                content=attachments.chunks(outbound),
                in_ascii=bytes(outbound.content).isascii(),
            )
        except ConnectionExpired:
            outcomes.undo_claim(outbound.pk, outbound.lease_holder)
            raise
        except ServerUnavailable as error:
            outcomes.undo_claim(outbound.pk, outbound.lease_holder, error.words)
            raise


def _pause_needs_probe() -> bool:
    """Return whether there is a pause but no mail to end it, for example after all was cancelled.

    Then a connection alone must end the pause; otherwise the server's answer to a mail ends it.
    """
    due = Q(state=State.QUEUED, next_attempt_at__lte=timezone.now())
    waiting = OutboundEmail.objects.filter(due | Q(state=State.SENDING))
    return pause.current() is not None and not waiting.exists()
