"""`manage.py watch`: watch for outages until SIGTERM or SIGINT."""

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from config.monitoring.outage_watch import ROUND_SECONDS, OutageWatch
from tasks import liveness_file

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Mail the administrators (ADMINS) when an outage begins, and when it is over."
    requires_system_checks = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        watch = OutageWatch()
        while not stop.is_set():
            liveness_file.touch()
            close_old_connections()
            try:
                watch.run_round()
            except Exception:  # the next round must run in any case
                log.exception("watch_failed")
            stop.wait(ROUND_SECONDS)
