"""What wakes which task: a nudge on commit, which may be lost because beat nudges again."""

import time
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
# After a failure the broker is left alone for as long as beat takes to nudge, so that a dead one
# costs one caller a moment and the others nothing.
_REST_SECONDS = 5.0
_rests_until = 0.0


@receiver(inbound_stored, sender=InboundEmail, dispatch_uid="tasks.inbound_stored")
def on_inbound_stored(**kwargs: Any) -> None:
    transaction.on_commit(lambda: nudge(work_inbox))


@receiver(outbound_queued, sender=OutboundEmail, dispatch_uid="tasks.outbound_queued")
def on_outbound_queued(**kwargs: Any) -> None:
    transaction.on_commit(lambda: nudge(work_outbox))


def nudge(task: Task) -> None:
    """Wake a worker; a broker that is away is logged and left to beat."""
    global _rests_until
    if time.monotonic() < _rests_until:
        return
    try:
        task.apply_async(expires=_NUDGE_EXPIRES_SECONDS)
    except OperationalError as error:
        _rests_until = time.monotonic() + _REST_SECONDS
        log.warning("nudge_failed", task=task.name, error=type(error).__name__)
