"""How much mail may go out: what is over a rate waits, and does not fail."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from mailing.models import OutboundEmail

State = OutboundEmail.State

# What the mail server has, or may have, taken; a mail on its way counts, so that the workers
# together keep the rate.
_TAKEN = (State.SENDING, State.SENT, State.UNCERTAIN, State.BOUNCED)


def waits_until() -> datetime | None:
    """Return when the next mail may go out at all, None when it may now."""
    return _frees_at(settings.SEND_RATE, {})


def mailbox_waits_until(mailbox: str) -> datetime | None:
    """Return when the next mail to this mailbox may go out, None when it may now."""
    return _frees_at(settings.SEND_RATE_PER_RECIPIENT, {"mailbox": mailbox})


def _frees_at(rate: tuple[int, timedelta] | None, which: Mapping[str, Any]) -> datetime | None:
    if rate is None:
        return None
    count, span = rate
    taken = OutboundEmail.objects.filter(
        last_attempt_at__gt=timezone.now() - span, state__in=_TAKEN, **which
    )
    # The one that must leave the span before another may enter it.
    oldest = taken.order_by("-last_attempt_at").values_list("last_attempt_at", flat=True)
    blocking = next(iter(oldest[count - 1 : count]), None)
    return blocking + span if blocking else None
