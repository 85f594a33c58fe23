"""Count failed sign-ins and signatures, and refuse those who keep failing."""

from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

log = structlog.get_logger(__name__)


class TooManyFailures(Throttled):
    """Its words are ours, because the parent's sentence about the wait cannot be translated."""

    def __init__(self, *, wait_seconds: int) -> None:
        super().__init__(
            detail=_("Too many failures from your address; try again in %(seconds)d seconds.")
            % {"seconds": wait_seconds}
        )
        self.wait = wait_seconds


@dataclass(frozen=True)
class FailureLimit:
    """At most `failures` of one kind from one place within `seconds`.

    The counts stand in Redis. When it is away everybody passes: a dead cache must not shut the
    operators out.
    """

    scope: str
    failures: int
    seconds: int

    def refuse_if_reached(self, place: str) -> None:
        """Raise `Throttled` when this place has failed too often."""
        try:
            failed = cache.get(self._key(place), 0)
        except RedisError:
            log.warning("failure_count_unavailable", scope=self.scope)
            return
        if failed >= self.failures:
            raise TooManyFailures(wait_seconds=self.seconds)

    def count(self, place: str) -> None:
        """Add one failure of this place."""
        key = self._key(place)
        try:
            cache.add(key, 0, timeout=self.seconds)
            cache.incr(key)
        except ValueError:  # it expired between the two
            cache.set(key, 1, timeout=self.seconds)
        except RedisError:
            log.warning("failure_count_unavailable", scope=self.scope)

    def _key(self, place: str) -> str:
        return f"failures:{self.scope}:{place}"
