"""How long to wait before the next attempt."""

from datetime import timedelta

# Far more than it takes to reach `longest`; a bound, so that the product cannot overflow.
_MAX_DOUBLINGS = 20


def exponential_backoff(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return the wait after that many failures: `first`, doubled with each, up to `longest`."""
    doublings = max(min(failures - 1, _MAX_DOUBLINGS), 0)
    return min(first * (1 << doublings), longest)
