"""Count failed sign-ins and signatures, and refuse callers that keep failing."""

from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

log = structlog.get_logger(__name__)


class TooManyFailures(Throttled):
    """A 429 with our own message, because DRF's sentence about the wait cannot be translated."""

    def __init__(self, *, wait_seconds: int) -> None:
        super().__init__(
            detail=_("Too many failures from your address; try again in %(seconds)d seconds.")
            % {"seconds": wait_seconds}
        )
        self.wait = wait_seconds


@dataclass(frozen=True)
class FailureLimit:
    """At most `failures` of the kind `scope` from one source within `seconds`.

    A source is an IP address, or an address and an operator id. The counts are in Redis. While it
    does not answer nobody is refused, so that its failure does not lock the operators out.
    """

    scope: str
    failures: int
    seconds: int

    def raise_if_reached(self, source: str) -> None:
        """Raise `Throttled` when this source has failed too often."""
        try:
            failed = cache.get(self._key(source), 0)
        except RedisError:
            log.warning("failure_count_unavailable", scope=self.scope)
            return
        if failed >= self.failures:
            raise TooManyFailures(wait_seconds=self.seconds)

    def add(self, source: str) -> None:
        """Count a failure of this source."""
        key = self._key(source)
        try:
            cache.add(key, 0, timeout=self.seconds)
            cache.incr(key)
        except ValueError:  # the count expired in between
            cache.set(key, 1, timeout=self.seconds)
        except RedisError:
            log.warning("failure_count_unavailable", scope=self.scope)

    def _key(self, source: str) -> str:
        return f"failures:{self.scope}:{source}"
