"""The pause of the outbox while the mail server accepts nothing from us.

No mail is at fault then, so none of them fails.
"""

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from mailing.models import OutboxPause
from mailing.queueing.backoff import exponential_backoff

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(seconds=15)
# A wrong password or a used up quota takes long to mend, and hasty tries can lock the account.
LONGEST_PAUSE_ABOUT_US = timedelta(minutes=10)


def current() -> OutboxPause | None:
    """Return the pause, also when the next try is due; None when the queue is not paused."""
    return OutboxPause.objects.first()


def is_on() -> bool:
    """Tell whether it is too early for the next try at the server."""
    return OutboxPause.objects.filter(until__gt=timezone.now()).exists()


@transaction.atomic
def begin(reason: str, *, patient: bool) -> None:
    """Begin or prolong the pause; each failed try in a row doubles it.

    patient: the server refuses our account, so that the pauses may become long.
    """
    now = timezone.now()
    pause, made = OutboxPause.objects.select_for_update().get_or_create(
        pk=1, defaults={"reason": reason, "since": now, "until": now + FIRST_PAUSE}
    )
    if made:
        log.error("outbox_paused", reason=reason)
        return
    longest = LONGEST_PAUSE_ABOUT_US if patient else LONGEST_PAUSE
    if pause.until <= now:  # a further try, not one of several at the same time
        pause.failures += 1
    pause.reason = reason
    wait = exponential_backoff(pause.failures, first=FIRST_PAUSE, longest=longest)
    pause.until = max(pause.until, now + wait)
    pause.save()


def end() -> None:
    """End the pause: the server accepts mail from us again."""
    if OutboxPause.objects.all().delete()[0]:
        log.info("outbox_resumed")
