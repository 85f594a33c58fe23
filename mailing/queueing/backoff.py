"""How long to wait before the next try."""

from datetime import timedelta

# The wait stops doubling here, long after `longest` was reached, so that the product stays small.
_MOST_DOUBLINGS = 20


def exponential_backoff(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return the wait after that many failures: `first`, doubled with each, up to `longest`."""
    doublings = min(failures - 1, _MOST_DOUBLINGS)
    return min(first * (1 << doublings), longest)
