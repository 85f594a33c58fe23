"""How much mail may go out: what is over a rate waits, and does not fail."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

# A mail that is sent again counts twice, and one on its way for as long as it is, so that the
# workers together keep the rate.
_TAKEN = """
    SELECT at FROM (
        SELECT unnest(taken_at) AS at FROM mailing_outboundemail
        WHERE last_attempt_at > %(begun_since)s AND (%(mailbox)s = '' OR mailbox = %(mailbox)s)
    UNION ALL
        SELECT greatest(last_attempt_at, %(since)s + interval '1 second')
        FROM mailing_outboundemail
        WHERE state = 'sending' AND (%(mailbox)s = '' OR mailbox = %(mailbox)s)
    ) AS taken
    WHERE at > %(since)s ORDER BY at DESC OFFSET %(before)s LIMIT 1
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
            _TAKEN,
            {
                "since": since,
                "begun_since": since - _LONGEST_TRY,
                "mailbox": mailbox,
                "before": count - 1,
            },
        )
        blocking = cursor.fetchone()
    return blocking[0] + span if blocking else None
