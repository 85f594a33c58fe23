"""The send rates: mail that would exceed a rate waits, and does not fail."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

# A mail that is sent twice counts twice, and a mail that is being sent counts too, so that the
# workers together keep the rate.
_LIMITING_TIME = """
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
# Longer than sending a mail can take.
_LONGEST_ATTEMPT = timedelta(hours=1)


def full_until() -> datetime | None:
    """Return when SEND_RATE allows the next mail; None when it does now."""
    return _full_until(settings.SEND_RATE)


def mailbox_full_until(mailbox: str) -> datetime | None:
    """Return when SEND_RATE_PER_RECIPIENT allows a mail to this mailbox; None when it does now."""
    return _full_until(settings.SEND_RATE_PER_RECIPIENT, mailbox)


def _full_until(rate: tuple[int, timedelta] | None, mailbox: str = "") -> datetime | None:
    if rate is None:
        return None
    count, span = rate
    since = timezone.now() - span
    with connection.cursor() as cursor:
        # The mail that must leave the span before another may enter it.
        cursor.execute(
            _LIMITING_TIME,
            {
                "since": since,
                "begun_since": since - _LONGEST_ATTEMPT,
                "mailbox": mailbox,
                "before": count - 1,
            },
        )
        limiting = cursor.fetchone()
    return limiting[0] + span if limiting else None
