"""The file that workers, beat and the watch touch while they run, for the container's health check.

A recent file proves that the process's loop runs, and checking it starts no second Python.
"""

from pathlib import Path
from typing import Any

import structlog
from celery.signals import heartbeat_sent
from django.conf import settings

log = structlog.get_logger(__name__)


def touch() -> None:
    """Touch `HEARTBEAT_FILE`, if it is configured; never raises."""
    if not settings.HEARTBEAT_FILE:
        return
    try:
        Path(settings.HEARTBEAT_FILE).touch()
    except OSError as error:
        log.warning("heartbeat_not_written", error=type(error).__name__)


@heartbeat_sent.connect(dispatch_uid="tasks.liveness_file")
def on_heartbeat_sent(**kwargs: Any) -> None:
    """Touch the file; Celery sends the signal every two seconds while the broker is connected."""
    touch()
