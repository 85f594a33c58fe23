"""Print the results of the demonstration: tickets from the API, and mails that were received."""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from config.local.demo.mails import body
from config.local.run import say

_HEADERS = [
    *("From", "To", "Subject", "Message-ID", "In-Reply-To", "References"),
    *("Auto-Submitted", "X-Auto-Response-Suppress"),
]
_BODY_LINES = 6


def title(text: str) -> None:
    """Print the title of a step."""
    say(f"\n== {text}")


def show_ticket(
    ticket: dict[str, Any], messages: Sequence[dict[str, Any]], mails: Sequence[dict[str, Any]]
) -> None:
    """Print a ticket with its history, its messages and its outgoing mails, all from the API."""
    continues = f", goes on from #{ticket['previous']}" if ticket["previous"] else ""
    say(f"\nTicket #{ticket['request_id']} {ticket['title']!r}: {ticket['status']}{continues}")
    say("  history (GET /requests/user_requests/{id}/)")
    for entry in ticket["history"]:
        change = f"{entry['status_before'] or '-':>11} -> {entry['status_after']:12}"
        actor = f"{entry['actor_type']} {entry['actor_id']}"
        say(f"    {_format_time(entry['date_create'])}  {entry['event']:17} {change} {actor}")
    say("  messages (GET /mgs/requests/{id}/mgs/)")
    for message in messages:
        text = " ".join(message["text"].split())
        say(f"    {message['sort']}. {message['sender_type']:9}{message['sender_id']}: {text[:70]}")
    say("  outgoing mail (GET /mail/outbox/)")
    for mail in mails:
        result = f"{mail['state']}, attempts {mail['attempts']}, SMTP {mail['smtp_code']}"
        sent_at = _format_time(mail["sent_at"])
        say(f"    {sent_at}  {mail['kind']:15} {mail['recipient']:23} {result}")


def show_mail(mail: EmailMessage) -> None:
    """Print a mail's headers and the first lines of its text."""
    say("")
    for name in _HEADERS:
        if value := mail[name]:
            say(f"  {name}: {' '.join(str(value).split())}")
    for line in [line for line in body(mail).splitlines() if line.strip()][:_BODY_LINES]:
        say(f"    | {line}")


def _format_time(at: str | None) -> str:
    return f"{datetime.fromisoformat(at):%H:%M:%S.%f}"[:-3] if at else "-" * 12
