"""How much mail may go out: what is over a rate waits, and does not fail."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

# The mail server has, or may have, taken a mail with each try but those that it refused: a mail
# that is sent again counts twice. It counts from when that was known, which is no sooner than the
# server has it; and as long as it is on its way, so that the workers together keep the rate.
_TRIES = """
    SELECT CASE WHEN became IS NULL THEN greatest(at, %(since)s + interval '1 second') ELSE at END
    FROM (
        SELECT
            step->>'state' AS state,
            step->>'words' AS words,
            lead(step->>'state') OVER timeline AS became,
            (coalesce(lead(step) OVER timeline, step)->>'at')::timestamptz AS at
        FROM mailing_outboundemail
        CROSS JOIN jsonb_array_elements(timeline) WITH ORDINALITY AS steps (step, place)
        WHERE last_attempt_at > %(begun_since)s AND (%(mailbox)s = '' OR mailbox = %(mailbox)s)
        WINDOW timeline AS (PARTITION BY id ORDER BY place)
    ) AS tries
    WHERE state = 'sending' AND words = ''
        AND (became IS NULL OR became NOT IN ('deferred', 'failed'))
"""
# More than a mail may be on its way.
_LONGEST_TRY = timedelta(hours=1)


def waits_until() -> datetime | None:
    """Return when the next mail may go out at all, None when it may now."""
    return _frees_at(settings.SEND_RATE)


def mailbox_waits_until(mailbox: str) -> datetime | None:
    """Return when the next mail to this mailbox may go out, None when it may now."""
    return _frees_at(settings.SEND_RATE_PER_RECIPIENT, mailbox)


def _frees_at(rate: tuple[int, timedelta] | None, mailbox: str = "") -> datetime | None:
    if rate is None:
        return None
    count, span = rate
    since = timezone.now() - span
    with connection.cursor() as cursor:
        # The one that must leave the span before another may enter it.
        cursor.execute(
            f"SELECT at FROM ({_TRIES}) AS taken (at) WHERE at > %(since)s"  # noqa: S608 - ours
            " ORDER BY at DESC OFFSET %(before)s LIMIT 1",
            {
                "since": since,
                "begun_since": since - _LONGEST_TRY,
                "mailbox": mailbox,
                "before": count - 1,
            },
        )
        blocking = cursor.fetchone()
    return blocking[0] + span if blocking else None
