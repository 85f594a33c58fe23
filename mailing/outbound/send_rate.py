"""The send rates: mail that would exceed a rate waits, and does not fail."""

from collections.abc import Set
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

# When mails were taken within a span, and to which mailbox. A mail that is sent twice counts twice,
# and a mail that is claimed or being sent counts too, so that the workers together keep the rate.
_TAKEN = """
    SELECT at, mailbox FROM (
        SELECT mailbox, unnest(taken_at) AS at FROM mailing_outboundemail
        WHERE last_attempt_at > %(begun_since)s
            AND (%(mailboxes)s::text[] IS NULL OR mailbox = ANY(%(mailboxes)s))
    UNION ALL
        SELECT mailbox, greatest(last_attempt_at, %(since)s + interval '1 second')
        FROM mailing_outboundemail
        WHERE lease_expires_at IS NOT NULL
            AND state IN ('queued', 'deferred', 'uncertain', 'sending')
            AND (%(mailboxes)s::text[] IS NULL OR mailbox = ANY(%(mailboxes)s))
    ) AS taken
    WHERE at > %(since)s
"""
_LIMITING_TIME = _TAKEN + "ORDER BY at DESC OFFSET %(before)s LIMIT 1"
_COUNT = f"SELECT count(*) FROM ({_TAKEN}) AS counted"  # noqa: S608 - the query above
_COUNTS = f"SELECT mailbox, count(*) FROM ({_TAKEN}) AS counted GROUP BY mailbox"  # noqa: S608
# Longer than sending a mail can take.
_LONGEST_ATTEMPT = timedelta(hours=1)


def room(most: int) -> int:
    """Return how many mails SEND_RATE allows now, up to `most`."""
    if settings.SEND_RATE is None:
        return most
    count, span = settings.SEND_RATE
    taken = int(_query(_COUNT, span)[0][0])
    return max(0, min(most, count - taken))


def mailbox_room(mailboxes: Set[str], most: int) -> dict[str, int]:
    """Return how many mails SEND_RATE_PER_RECIPIENT allows to each mailbox now, up to `most`."""
    if settings.SEND_RATE_PER_RECIPIENT is None:
        return dict.fromkeys(mailboxes, most)
    count, span = settings.SEND_RATE_PER_RECIPIENT
    taken = dict(_query(_COUNTS, span, mailboxes=list(mailboxes)))
    return {mailbox: max(0, min(most, count - taken.get(mailbox, 0))) for mailbox in mailboxes}


def full_until() -> datetime | None:
    """Return when SEND_RATE allows the next mail; None when it does now."""
    return _full_until(settings.SEND_RATE)


def mailbox_full_until(mailbox: str) -> datetime | None:
    """Return when SEND_RATE_PER_RECIPIENT allows a mail to this mailbox; None when it does now."""
    return _full_until(settings.SEND_RATE_PER_RECIPIENT, [mailbox])


def _full_until(
    rate: tuple[int, timedelta] | None, mailboxes: list[str] | None = None
) -> datetime | None:
    if rate is None:
        return None
    count, span = rate
    # The mail that must leave the span before another may enter it.
    limiting = _query(_LIMITING_TIME, span, mailboxes=mailboxes, before=count - 1)
    return limiting[0][0] + span if limiting else None


def _query(query: str, span: timedelta, **values: Any) -> list[Any]:
    since = timezone.now() - span
    times = {"since": since, "begun_since": since - _LONGEST_ATTEMPT}
    with connection.cursor() as cursor:
        cursor.execute(query, {"mailboxes": None, **times, **values})
        return list(cursor.fetchall())
