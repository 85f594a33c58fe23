"""Touch a file while the process runs, for the health check of its container.

A recent file proves that the loop of a worker, of beat or of the watch runs, and the check does not
have to start a second Python.
"""

from pathlib import Path
from typing import Any

import structlog
from celery.signals import heartbeat_sent
from django.conf import settings

log = structlog.get_logger(__name__)


def touch() -> None:
    """Touch `HEARTBEAT_FILE`, if it is set; never raises."""
    if not settings.HEARTBEAT_FILE:
        return
    try:
        Path(settings.HEARTBEAT_FILE).touch()
    except OSError as error:
        log.warning("heartbeat_not_written", error=type(error).__name__)


@heartbeat_sent.connect(dispatch_uid="tasks.liveness_file")
def on_heartbeat_sent(**kwargs: Any) -> None:
    """Touch the file; Celery sends the signal every ten seconds while the broker is connected.

    The workers' `--heartbeat-interval` says how often.
    """
    touch()
