"""One leader among any number of beats."""

from contextlib import suppress
from typing import Any

import psycopg2
import structlog
from django.db import Error, connection
from django_celery_beat.schedulers import DatabaseScheduler

from mailing.monitoring import heartbeats
from mailing.queueing.locks import AdvisoryLock
from tasks import liveness_file

log = structlog.get_logger(__name__)

_FOLLOWER_PAUSE_SECONDS = 1.0
# Of a leader, who asks with every tick whether it still leads; longer than any tick takes.
_SILENCE_MILLISECONDS = int(heartbeats.LONGEST_SILENCE.total_seconds() * 1000)


class LeaderScheduler(DatabaseScheduler):
    """The database scheduler, idle unless it holds an advisory lock on a connection of its own.

    PostgreSQL frees the lock with the connection, so another beat takes over when this one dies or
    falls silent.
    """

    _leadership: Any = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        liveness_file.touch()
        if not self._leads():
            return _FOLLOWER_PAUSE_SECONDS
        with suppress(Error):  # the next tick writes it
            heartbeats.record_heartbeat(heartbeats.Name.BEAT)
        return float(super().tick(*args, **kwargs))

    def close(self) -> None:
        self._resign()
        super().close()

    def _leads(self) -> bool:
        try:
            if self._leadership is not None:
                with self._leadership.cursor() as cursor:
                    cursor.execute("SELECT 1")
                return True
            return self._stand_for_leader()
        except psycopg2.Error as error:
            log.warning("beat_lost_the_database", error=type(error).__name__)
            self._resign()
            return False

    def _stand_for_leader(self) -> bool:
        candidate = psycopg2.connect(**_connection_parameters())
        candidate.autocommit = True
        with candidate.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [AdvisoryLock.BEAT_LEADER])
            elected = bool(cursor.fetchone()[0])
            # One that is frozen, or gone with its machine, must not lead for ever.
            cursor.execute("SET idle_session_timeout = %s", [_SILENCE_MILLISECONDS])
        if not elected:
            candidate.close()
            return False
        self._leadership = candidate
        log.info("beat_leads")
        return True

    def _resign(self) -> None:
        if self._leadership is not None:
            self._leadership.close()
            self._leadership = None


def _connection_parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    return parameters
