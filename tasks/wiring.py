"""What wakes which task: a nudge on commit, which may be lost because beat nudges again."""

import threading
from typing import Any

import structlog
from celery import Task
from django.db import transaction
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from mailing.models import InboundEmail, OutboundEmail
from mailing.signals import inbound_stored, outbound_queued
from tasks.inbound import work_inbox
from tasks.outbound import work_outbox

log = structlog.get_logger(__name__)

# A nudge that is older tells nothing that beat's do not.
_NUDGE_EXPIRES_SECONDS = 60


@receiver(inbound_stored, sender=InboundEmail, dispatch_uid="tasks.inbound_stored")
def on_inbound_stored(**kwargs: Any) -> None:
    transaction.on_commit(lambda: nudge(work_inbox))


@receiver(outbound_queued, sender=OutboundEmail, dispatch_uid="tasks.outbound_queued")
def on_outbound_queued(**kwargs: Any) -> None:
    transaction.on_commit(lambda: nudge(work_outbox))


def nudge(task: Task) -> None:
    """Have a worker woken, without waiting for the broker.

    Nudges that come while one is under way are sent as one. What a process that ends takes with
    it, and what a broker that is away does not take, is left to beat.
    """
    global _nudger
    with _nudger_lock:
        if _nudger is None or not _nudger.is_alive():  # as in a forked process
            _nudger = _Nudger()
            _nudger.start()
        _nudger.want(task)


class _Nudger(threading.Thread):
    """Publishes nudges: a broker that hangs (measured: 6 s a call) must not hold up a request."""

    def __init__(self) -> None:
        super().__init__(name="nudger", daemon=True)
        self._wanted: dict[str, Task] = {}
        self._changed = threading.Condition()

    def want(self, task: Task) -> None:
        with self._changed:
            self._wanted[task.name] = task
            self._changed.notify()

    def run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted)
                tasks, self._wanted = self._wanted, {}
            for task in tasks.values():
                publish(task)


_nudger: _Nudger | None = None
_nudger_lock = threading.Lock()


def publish(task: Task) -> None:
    """Send one nudge; a broker that is away is logged."""
    try:
        task.apply_async(expires=_NUDGE_EXPIRES_SECONDS)
    except OperationalError as error:
        log.warning("nudge_failed", task=task.name, error=type(error).__name__)
