"""Ids that follow a mail or a request through the log."""

import secrets


def new_trace() -> str:
    """Return an id for the log lines of a mail or a request."""
    return secrets.token_hex(16)
