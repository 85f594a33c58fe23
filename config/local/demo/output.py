"""Print what the demonstration has done: rows of the database, and mails that arrived."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import psycopg2

from config.local.demo.mails import body
from config.local.run import say
from config.local.stack import Stack

_HEADERS = [
    *("From", "To", "Subject", "Message-ID", "In-Reply-To", "References"),
    *("Auto-Submitted", "X-Auto-Response-Suppress"),
]
_BODY_LINES = 6
_HISTORY = """
    SELECT h.created_at, h.event, h.status_before, h.status_after,
           COALESCE(o.name, r.email)
    FROM tickets_historyentry h
    JOIN tickets_ticket t ON t.id = h.ticket_id
    JOIN tickets_requester r ON r.id = t.requester_id
    LEFT JOIN operators_operator o ON o.id = h.operator_id
    WHERE h.ticket_id = %s ORDER BY h.id
"""
_OUTBOX = """
    SELECT id, kind, recipient, state, attempts, smtp_code, sent_at
    FROM mailing_outboundemail WHERE ticket_id = %s ORDER BY id
"""


def title(text: str) -> None:
    """Print the title of a step."""
    say(f"\n== {text}")


def history(stack: Stack, ticket: int) -> list[tuple[Any, ...]]:
    """Return a ticket's history: time, event, status before, status after, name of the actor."""
    return _query(stack, _HISTORY, ticket)


def outbox(stack: Stack, ticket: int) -> list[tuple[Any, ...]]:
    """Return a ticket's outgoing mails: id, kind, recipient, state, attempts, SMTP code, time."""
    return _query(stack, _OUTBOX, ticket)


def show_ticket(stack: Stack, ticket: dict[str, Any], messages: Sequence[dict[str, Any]]) -> None:
    """Print a ticket with its history, its messages and its outgoing mails."""
    number = int(ticket["request_id"])
    continues = f", goes on from #{ticket['previous']}" if ticket.get("previous") else ""
    say(f"\nTicket #{number} {ticket['title']!r}: {ticket['status']}{continues}")
    say("  history (table tickets_historyentry)")
    for at, event, before, after, actor in history(stack, number):
        say(f"    {_format_time(at)}  {event:17} {before or '-':>11} -> {after:12} {actor}")
    say("  messages (GET /mgs/requests/{id}/mgs/)")
    for message in messages:
        text = " ".join(str(message["text"]).split())
        say(f"    {message['sort']}. {message['sender_type']:9}{message['sender_id']}: {text[:70]}")
    say("  outgoing mail (table mailing_outboundemail)")
    for _number, kind, recipient, state, attempts, code, at in outbox(stack, number):
        say(
            f"    {_format_time(at)}  {kind:12} {recipient:22} {state}, try {attempts}, SMTP {code}"
        )


def show_mail(mail: EmailMessage) -> None:
    """Print a mail's headers and the first lines of its text."""
    say("")
    for name in _HEADERS:
        if value := mail[name]:
            say(f"  {name}: {' '.join(str(value).split())}")
    for line in [line for line in body(mail).splitlines() if line.strip()][:_BODY_LINES]:
        say(f"    | {line}")


def _query(stack: Stack, statement: str, ticket: int) -> list[tuple[Any, ...]]:
    env = stack.env
    with (
        closing(
            psycopg2.connect(
                host=env["POSTGRES_HOST"],
                port=env["POSTGRES_PORT"],
                user=env["POSTGRES_USER"],
                password=env["POSTGRES_PASSWORD"],
                dbname=env["POSTGRES_DB"],
            )
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, [ticket])
        return list(cursor.fetchall())


def _format_time(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%H:%M:%S.%f")[:-3] if at else "-" * 12
