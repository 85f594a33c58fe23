"""The form with which an operator answers, below a ticket's conversation."""

from typing import Any

from rest_framework.request import Request

from tickets.models import Ticket


def composer_context(request: Request, ticket: Ticket) -> dict[str, Any]:
    """Return what the form needs."""
    return {}
