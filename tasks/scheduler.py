"""A beat scheduler of which several may run at once: only the leader publishes tasks."""

import time
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

# A leader sends a query with every tick; this is longer than any tick takes.
LONGEST_SILENCE_MILLISECONDS = int(heartbeats.LONGEST_SILENCE.total_seconds() * 1000)
_FOLLOWER_PAUSE_SECONDS = 1.0
# With every tick it would be a quarter of what an idle beat does.
_SECONDS_BETWEEN_LOOKS = 5.0


class LeaderScheduler(DatabaseScheduler):
    """The database scheduler, idle unless it holds an advisory lock on a connection of its own.

    PostgreSQL frees the lock with the connection, so another beat takes over when the leader dies
    or hangs.
    """

    _leader_connection: Any = None
    _looked_at = float("-inf")  # time.monotonic()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Publish what is due if this scheduler leads; return the seconds until the next tick."""
        liveness_file.touch()
        if not self._is_leader():
            return _FOLLOWER_PAUSE_SECONDS
        with suppress(Error):  # the next tick writes it
            heartbeats.record_heartbeat(heartbeats.Name.BEAT)
        return float(super().tick(*args, **kwargs))

    def schedule_changed(self) -> bool:
        """Return whether an administrator has changed the schedule, looking every five seconds."""
        now = time.monotonic()
        if now - self._looked_at < _SECONDS_BETWEEN_LOOKS:
            return False
        self._looked_at = now
        return bool(super().schedule_changed())

    def close(self) -> None:
        """Free the lock for another beat, and close as usual."""
        self.resign()
        super().close()

    def resign(self) -> None:
        """Free the lock, if this scheduler holds it."""
        if self._leader_connection is not None:
            self._leader_connection.close()
            self._leader_connection = None

    def _is_leader(self) -> bool:
        """Return whether this scheduler holds the lock; take the lock when it is free."""
        try:
            if self._leader_connection is None:
                return self._try_to_lead()
            with self._leader_connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            log.warning("beat_lost_database", error=type(error).__name__)
            self.resign()
            return False
        return True

    def _try_to_lead(self) -> bool:
        candidate = psycopg2.connect(**_connection_parameters())
        candidate.autocommit = True
        with candidate.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [AdvisoryLock.BEAT_LEADER])
            has_lock = bool(cursor.fetchone()[0])
            # Closes the connection, and so frees the lock, of a leader that hangs or is lost.
            cursor.execute("SET idle_session_timeout = %s", [LONGEST_SILENCE_MILLISECONDS])
        if not has_lock:
            candidate.close()
            return False
        self._leader_connection = candidate
        log.info("beat_became_leader")
        return True


def _connection_parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    return parameters
