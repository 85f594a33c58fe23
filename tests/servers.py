"""Start and stop one embedded service, such as PostgreSQL, without the supervisor."""

import time

from config.local.errors import LocalError
from config.local.processes.process import Process
from config.local.services.mail_server import MailServer
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey

_START_SECONDS = 60
_GRACE_SECONDS = 30


class Server:
    """One service, started and stopped as often as a test likes."""

    def __init__(self, service: Postgres | Valkey | MailServer) -> None:
        self.service = service
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        assert self._process is not None, "it was not started"
        return self._process

    def start(self) -> None:
        """Start it and wait until it is ready; raise LocalError with its last words if it ends."""
        self._process = Process(self.service.prepare())
        self._process.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self.service.is_ready():
            if self._process.exit_status() is not None or time.monotonic() > deadline:
                raise LocalError(f"It did not start: {self._process.last_log_line()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it in an orderly way, if it was started."""
        if self._process is not None:
            self._process.stop(_GRACE_SECONDS)
