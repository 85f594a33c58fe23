"""Store how far an outgoing mail has got, and show it on the operator's message."""

from datetime import datetime

from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound.states import State
from tickets import services

# Of a long timeline the first entries and the latest ones are kept.
_FIRST_ENTRIES, _LATEST_ENTRIES = 10, 40
_STATES_AFTER_AN_ANSWER = (State.SENT, State.DEFERRED, State.UNCERTAIN, State.FAILED)

# What changes of a mail after it was queued; its content never does, and may be large.
_PROGRESS_FIELDS = (
    "state",
    "attempts",
    "uncertain_attempts",
    "next_attempt_at",
    "lease_holder",
    "lease_expires_at",
    "smtp_code",
    "smtp_reply",
    "reason",
    "bounce",
    "timeline",
    "taken_at",
    "last_attempt_at",
    "first_attempt_at",
    "sent_at",
)


def save_progress(row: OutboundEmail, words: str = "") -> None:
    """Store how far a mail has got, and show it on the operator's message that it carries.

    words: for the timeline, as in `add_to_timeline`.
    """
    add_to_timeline(row, words)
    row.save(update_fields=_PROGRESS_FIELDS)
    if row.message_id is not None:
        services.record_delivery(message_id=row.message_id, delivery=delivery(row))


def add_to_timeline(row: OutboundEmail, words: str = "") -> None:
    """Add the mail's present state to its timeline, unless that is its latest entry already.

    words: what whoever acted said; by default the row's reason or the server's reply.
    """
    answered = row.state in _STATES_AFTER_AN_ANSWER and not words
    entry = {
        "state": row.state,
        "at": api_timestamp(timezone.now()),
        "attempt": row.attempts,
        "smtp_code": row.smtp_code if answered else None,
        "words": words or row.reason or (row.smtp_reply if answered else ""),
    }
    if row.timeline and {**row.timeline[-1], "at": entry["at"]} == entry:
        return
    latest = row.timeline[_FIRST_ENTRIES:]
    row.timeline = [*row.timeline[:_FIRST_ENTRIES], *latest[-_LATEST_ENTRIES:], entry]


def remove_attempt_from_timeline(row: OutboundEmail) -> None:
    """Remove the latest entry when it says that the mail is being sent and nothing of it was."""
    if row.timeline and row.timeline[-1]["state"] == State.SENDING:
        row.timeline = row.timeline[:-1]


def delivery(row: OutboundEmail) -> dict[str, object]:
    """Return how far a mail has got, as the API shows it in a message's `delivery`."""
    return {
        "state": row.state,
        "attempts": row.attempts,
        "smtp_code": row.smtp_code,
        "smtp_reply": row.smtp_reply,
        "reason": row.reason,
        "sent_at": api_timestamp(row.sent_at),
        "next_attempt_at": api_timestamp(row.next_attempt_at),
        "bounce": row.bounce,
        "timeline": row.timeline,
    }


def api_timestamp(at: datetime | None) -> str | None:
    """Return a time in the form that REST framework gives to times."""
    return at.isoformat().replace("+00:00", "Z") if at else None
