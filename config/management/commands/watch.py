"""Watch over the flow of mail until a signal comes."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from config.monitoring.outage_watch import EVERY_SECONDS, Watch
from tasks import liveness_file

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Tell the administrators (ADMINS) of outages, and when they are over."
    requires_system_checks = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        watch = Watch()
        while not stop.is_set():
            liveness_file.touch()
            close_old_connections()
            try:
                watch.round()
            except Exception:  # whatever it is, the next round must come
                log.exception("watch_failed")
            stop.wait(EVERY_SECONDS)
