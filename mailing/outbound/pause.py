"""The pause of the outbox while the mail server accepts nothing from us.

That is no mail's fault, so no mail fails by it.
"""

from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from mailing.models import OutboxPause
from mailing.queueing.backoff import exponential_backoff

log = structlog.get_logger(__name__)

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(seconds=15)
# A wrong password or an exceeded quota takes long to fix, and many attempts can lock the account.
LONGEST_PAUSE_ABOUT_US = timedelta(minutes=10)


def current() -> OutboxPause | None:
    """Return the pause, also when the next attempt is due; None when the outbox is not paused."""
    return OutboxPause.objects.first()


def is_on() -> bool:
    """Return whether it is too early for the next attempt to reach the server."""
    # As SQL, because every mail waits for it: Django takes longer to build it than it runs.
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM mailing_outboxpause WHERE until > %s", [timezone.now()])
        return bool(cursor.rowcount)


@transaction.atomic
def begin(reason: str, *, about_us: bool) -> None:
    """Begin or prolong the pause, which doubles with each failed attempt in a row.

    about_us: the server refuses our account, so the pause may become long.
    """
    now = timezone.now()
    pause, is_new = OutboxPause.objects.select_for_update().get_or_create(
        pk=1, defaults={"reason": reason, "since": now, "until": now + FIRST_PAUSE}
    )
    if is_new:
        log.error("outbox_paused", reason=reason)
        return
    longest = LONGEST_PAUSE_ABOUT_US if about_us else LONGEST_PAUSE
    if pause.until <= now:  # a further attempt, not one of several workers' at the same time
        pause.failures += 1
    pause.reason = reason
    wait = exponential_backoff(pause.failures, first=FIRST_PAUSE, longest=longest)
    pause.until = max(pause.until, now + wait)
    pause.save()


def end() -> None:
    """End the pause: the server accepts mail from us again."""
    # As SQL, because it follows every batch, and Django's `delete` takes four times as long.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mailing_outboxpause")
        if cursor.rowcount:
            log.info("outbox_resumed")
