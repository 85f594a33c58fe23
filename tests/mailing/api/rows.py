"""Rows of inbox and outbox in any state."""

from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import InboundEmail, OutboundEmail
from tests.factories import InboundEmailFactory, OutboundEmailFactory

NOW = timezone.now
IN = InboundEmail.State
OUT = OutboundEmail.State

# The columns that each state needs.
WITH: dict[str, dict[str, Any]] = {
    IN.RECEIVED: {},
    IN.PROCESSED: {"processed_at": NOW()},
    IN.IGNORED: {"processed_at": NOW(), "reason": "our own mail"},
    IN.QUARANTINED: {"processed_at": NOW(), "reason": "no usable sender address", "attempts": 3},
    OUT.QUEUED: {},
    OUT.SENDING: {"lease_expires_at": NOW()},
    OUT.SENT: {"sent_at": NOW(), "next_attempt_at": None},
    OUT.DEFERRED: {"reason": "451 later", "attempts": 4, "first_attempt_at": NOW()},
    OUT.UNCERTAIN: {"reason": "no answer", "next_attempt_at": None, "uncertain_attempts": 3},
    OUT.FAILED: {"reason": "refused: 550", "next_attempt_at": None},
    OUT.SUPPRESSED: {"reason": "cancelled by operator 1", "next_attempt_at": None},
    OUT.BOUNCED: {"reason": "bounced: 5.1.1", "next_attempt_at": None},
}


def inbound(state: InboundEmail.State, **more: Any) -> InboundEmail:
    """Return an incoming mail in that state."""
    return InboundEmailFactory.create(state=state, **{**WITH[state], **more})


def outbound(state: OutboundEmail.State, **more: Any) -> OutboundEmail:
    """Return an outgoing mail in that state."""
    return OutboundEmailFactory.create(state=state, **{**WITH[state], **more})


def english(client: APIClient, path: str) -> Any:
    """Return the answer to a POST whose errors are in English."""
    return client.post(path, headers={"Accept-Language": "en"})
