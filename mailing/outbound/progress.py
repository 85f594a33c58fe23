"""Store how far an outgoing mail has got, and show it on the operator's message."""

from datetime import datetime

from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound.states import State
from tickets import services

# A long timeline keeps its first and its latest entries.
_FIRST_ENTRIES, _LATEST_ENTRIES = 10, 40
_STATES_AFTER_AN_ANSWER = (State.SENT, State.DEFERRED, State.UNCERTAIN, State.FAILED)

# All but the content, which never changes and may be large.
_PROGRESS_FIELDS = [
    field.name
    for field in OutboundEmail._meta.concrete_fields
    if field.name not in ("id", "content")
]


def save_progress(outbound: OutboundEmail, words: str = "") -> None:
    """Store how far a mail has got, and show it on the operator's message that it carries.

    words: for the timeline, see `add_to_timeline`.
    """
    add_to_timeline(outbound, words)
    outbound.save(update_fields=_PROGRESS_FIELDS)
    if outbound.message_id is not None:
        services.record_delivery(message_id=outbound.message_id, delivery=delivery(outbound))


def add_to_timeline(outbound: OutboundEmail, words: str = "") -> None:
    """Add a mail's state to its timeline, unless its latest entry is the same.

    words: what the server or an operator said; by default the mail's reason or SMTP reply.
    """
    answered = outbound.state in _STATES_AFTER_AN_ANSWER and not words
    entry = {
        "state": outbound.state,
        "at": api_timestamp(timezone.now()),
        "attempt": outbound.attempts,
        "smtp_code": outbound.smtp_code if answered else None,
        "words": words or outbound.reason or (outbound.smtp_reply if answered else ""),
    }
    if outbound.timeline and {**outbound.timeline[-1], "at": entry["at"]} == entry:
        return
    latest = outbound.timeline[_FIRST_ENTRIES:]
    outbound.timeline = [*outbound.timeline[:_FIRST_ENTRIES], *latest[-_LATEST_ENTRIES:], entry]


def remove_attempt_from_timeline(outbound: OutboundEmail) -> None:
    """Remove the latest entry if it is that of an attempt in which nothing was sent."""
    if outbound.timeline and outbound.timeline[-1]["state"] == State.SENDING:
        outbound.timeline = outbound.timeline[:-1]


def delivery(outbound: OutboundEmail) -> dict[str, object]:
    """Return how far a mail has got, as the API shows it in a message's `delivery`."""
    return {
        "state": outbound.state,
        "attempts": outbound.attempts,
        "smtp_code": outbound.smtp_code,
        "smtp_reply": outbound.smtp_reply,
        "reason": outbound.reason,
        "sent_at": api_timestamp(outbound.sent_at),
        "next_attempt_at": api_timestamp(outbound.next_attempt_at),
        "bounce": outbound.bounce,
        "timeline": outbound.timeline,
    }


def api_timestamp(at: datetime | None) -> str | None:
    """Return a time in REST framework's format."""
    return at.isoformat().replace("+00:00", "Z") if at else None
