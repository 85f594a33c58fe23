"""A file that workers and beat touch while they go round, for the container's health check.

Its age tells more than that the process is there, and reading it starts no second Python.
"""

from pathlib import Path
from typing import Any

import structlog
from celery.signals import heartbeat_sent
from django.conf import settings

log = structlog.get_logger(__name__)


def touch() -> None:
    """Renew the time of `HEARTBEAT_FILE`, if one is configured; never raises."""
    if not settings.HEARTBEAT_FILE:
        return
    try:
        Path(settings.HEARTBEAT_FILE).touch()
    except OSError as error:
        log.warning("heartbeat_not_written", error=type(error).__name__)


@heartbeat_sent.connect(dispatch_uid="tasks.liveness_file")
def on_heartbeat_sent(**kwargs: Any) -> None:
    """A worker's loop turns and has its broker: Celery says so every two seconds."""
    touch()
