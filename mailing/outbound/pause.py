"""Whether the outbox waits because the mail server takes nothing from us (invariant 5)."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from mailing.models import OutboxPause

log = structlog.get_logger(__name__)

FIRST = timedelta(seconds=2)
LONGEST = timedelta(seconds=15)
# A wrong password or a spent quota mends itself slowly, and haste can lock the account.
LONGEST_ABOUT_US = timedelta(minutes=10)


def current() -> OutboxPause | None:
    """Return the pause, which ends with the first connection that works, or None."""
    return OutboxPause.objects.first()


def is_on() -> bool:
    """Tell whether the next try at the server is still to come."""
    return OutboxPause.objects.filter(until__gt=timezone.now()).exists()


@transaction.atomic
def begin(reason: str, *, patient: bool) -> None:
    """Begin or prolong the pause; each failed try in a row doubles it."""
    now = timezone.now()
    pause, made = OutboxPause.objects.select_for_update().get_or_create(
        pk=1, defaults={"reason": reason, "since": now, "until": now + FIRST}
    )
    if made:
        log.error("outbox_paused", reason=reason)
        return
    longest = LONGEST_ABOUT_US if patient else LONGEST
    if pause.until <= now:  # one more try failed, not one of several at the same time
        pause.failures += 1
    pause.reason = reason
    pause.until = max(pause.until, now + min(FIRST * 2 ** min(pause.failures - 1, 20), longest))
    pause.save()


def end() -> None:
    """The server lets us in again."""
    if OutboxPause.objects.all().delete()[0]:
        log.info("outbox_resumed")
