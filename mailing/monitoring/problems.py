"""Find the problems with the flow of mail that the database shows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import F, Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from mailing.models import InboundEmail, OutboundEmail
from mailing.monitoring import heartbeats, reconciliation
from mailing.outbound import pause, queue, send_rate, suppression
from operators.masking import mask_addresses

State = OutboundEmail.State

_PARTS = {
    heartbeats.Name.BEAT: "beat",
    heartbeats.Name.INBOX: "the inbox worker",
    heartbeats.Name.OUTBOX: "the mail worker",
}


class Problem(NamedTuple):
    """A problem's code, which stays the same, and its sentence, whose durations grow."""

    code: str
    sentence: str


CODES = (
    *("database", "migrations", "redis"),
    *heartbeats.Name.values,
    *("gap", "inbox_age", "outbox_age", "send_rate", "automatic_mail", "outbox_paused"),
)


def find_mail_problems() -> Iterator[Problem]:
    """Yield the problems with the flow of mail, by a few short queries."""
    overdue = heartbeats.overdue()
    for name, part in _PARTS.items():
        if name in overdue:
            silence = _format_duration(overdue[name])
            yield Problem(name, f"Nothing was heard of {part} for {silence}.")
    if script_silence := overdue.get(heartbeats.Name.SCRIPT):
        silence = _format_duration(script_silence)
        yield Problem("script", f"The Apps Script has not called for {silence}.")
    if count := reconciliation.lasting_gaps().count():
        yield Problem("gap", f"{count} mails of the mailbox were never received, see Gaps.")
    if (age := inbox_age()) > settings.INBOX_MAX_AGE:
        yield Problem("inbox_age", f"A mail waits to be worked for {_format_duration(age)}.")
    if (age := outbox_age()) > settings.OUTBOX_MAX_AGE:
        yield Problem("outbox_age", f"A mail waits to be sent for {_format_duration(age)}.")
    if (until := send_rate.full_until()) is not None and queue.is_any_due():
        yield Problem("send_rate", f"SEND_RATE is reached; mail waits until {until.isoformat()}.")
    if count := suppression.suppressed_by_total():
        limit = "AUTOMATIC_MAIL_PER_HOUR"
        yield Problem("automatic_mail", f"{limit} is reached; {count} notices were not sent.")
    if (paused := pause.current()) is not None:
        since, reason = paused.since.isoformat(), mask_addresses(paused.reason)
        yield Problem("outbox_paused", f"Mail does not go out since {since}: {reason}")


def inbox_age() -> timedelta:
    """Return how long the oldest mail has waited to be processed."""
    waiting = InboundEmail.objects.filter(state=InboundEmail.State.RECEIVED)
    return _time_since(waiting.aggregate(at=Min("received_at"))["at"])


def outbox_age() -> timedelta:
    """Return how long the mail that is most overdue has waited to be sent.

    Counted from its first attempt, or before that from when it is due: a mail that was postponed
    because of a send rate is not late. A mail whose answer was lost is left out, since it may have
    been sent.
    """
    unsent = OutboundEmail.objects.filter(state__in=[State.QUEUED, State.SENDING, State.DEFERRED])
    due = Coalesce("first_attempt_at", "next_attempt_at", F("created_at"))
    return _time_since(unsent.aggregate(at=Min(due))["at"])


def _time_since(at: datetime | None) -> timedelta:
    return max(timezone.now() - at, timedelta()) if at else timedelta()


def _format_duration(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
