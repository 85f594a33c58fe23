"""Nudge the workers when mail is queued.

A nudge is the message of a task that empties a queue. It may be lost, doubled or late, because beat
sends the same messages every few seconds.
"""

import threading
import time
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from mailing.models import InboundEmail, OutboundEmail
from mailing.signals import inbound_stored, outbound_queued

log = structlog.get_logger(__name__)

# The names of the tasks that empty the queues.
INBOX = "inbound.work"
OUTBOX = "outbound.work"
# Later beat has long sent nudges of its own.
_NUDGE_EXPIRES_SECONDS = 60
# Publishing takes as long as storing a mail; a worker that was woken claims all mail anyway.
NUDGE_INTERVAL_SECONDS = 0.05


@receiver(inbound_stored, sender=InboundEmail, dispatch_uid="tasks.inbound_stored")
def on_inbound_stored(**kwargs: Any) -> None:
    """Wake an inbox worker once the new mail is committed."""
    transaction.on_commit(lambda: nudge(INBOX))


@receiver(outbound_queued, sender=OutboundEmail, dispatch_uid="tasks.outbound_queued")
def on_outbound_queued(**kwargs: Any) -> None:
    """Wake a mail worker once the new mail is committed."""
    transaction.on_commit(lambda: nudge(OUTBOX))


def nudge(task: str) -> None:
    """Wake a worker without waiting for the broker.

    The first nudge is published at once; those that follow within `NUDGE_INTERVAL_SECONDS` are
    published as one. Beat makes up for nudges that are lost when a process ends or the broker is
    down.
    """
    global _nudger
    with _nudger_lock:
        if _nudger is None or not _nudger.is_alive():  # threads do not survive a fork
            _nudger = _Nudger()
            _nudger.start()
        _nudger.request(task)


class _Nudger(threading.Thread):
    """Publishes nudges, so that a broker that hangs (measured: 6 s a call) delays no request."""

    def __init__(self) -> None:
        super().__init__(name="nudger", daemon=True)
        self._requested: set[str] = set()
        self._changed = threading.Condition()

    def request(self, task: str) -> None:
        with self._changed:
            self._requested.add(task)
            self._changed.notify()

    def run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._requested)
                tasks, self._requested = self._requested, set()
            for task in sorted(tasks):
                publish_nudge(task)
            time.sleep(NUDGE_INTERVAL_SECONDS)


_nudger: _Nudger | None = None
_nudger_lock = threading.Lock()


def publish_nudge(task: str) -> None:
    """Publish a nudge at once; if the broker is down, only log it."""
    try:
        current_app.tasks[task].apply_async(expires=_NUDGE_EXPIRES_SECONDS)
    except OperationalError as error:
        log.warning("nudge_failed", task=task, error=type(error).__name__)
