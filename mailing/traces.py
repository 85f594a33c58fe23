"""Ids that follow a mail or a request through the log."""

import secrets


def new_trace() -> str:
    """Return an id for the log lines of a mail or a request."""
    return secrets.token_hex(16)


def new_traces(count: int) -> list[str]:
    """Return so many ids; the system is asked for random bytes once, not for each."""
    digits = secrets.token_hex(16 * count)
    return [digits[start : start + 32] for start in range(0, len(digits), 32)]
