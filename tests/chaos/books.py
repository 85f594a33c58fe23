"""What stands in the database and what the mail server got, as the account reads it."""

import hashlib
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any, NamedTuple

import psycopg2

from tests.smtp_server import Received

WAITING_INBOX = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'received'"
WAITING_OUTBOX = (
    "SELECT count(*) FROM mailing_outboundemail WHERE state IN ('queued', 'sending', 'deferred')"
    " OR state = 'uncertain' AND next_attempt_at IS NOT NULL"
)


class Inbound(NamedTuple):
    id: int
    external_id: str
    state: str
    reason: str
    message: int | None


class Message(NamedTuple):
    id: int
    ticket: int
    number: int
    sender_type: str
    text: str


class Ticket(NamedTuple):
    id: int
    requester: str
    status: str


class Entry(NamedTuple):
    """A step in a ticket's history; `at` in seconds since 1970."""

    id: int
    ticket: int
    event: str
    message: int | None
    operator: int | None
    at: float


class Outbound(NamedTuple):
    id: int
    ticket: int
    entry: int
    kind: str
    recipient: str
    message_id: str
    digest: str  # of its bytes; empty when files follow them
    state: str
    waits: bool  # it will be tried again without a hand
    uncertain_attempts: int
    smtp_code: int | None


class Arrived(NamedTuple):
    """A mail that the SMTP server took."""

    message_id: str
    recipient: str
    digest: str


@dataclass
class Books:
    inbox: list[Inbound] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    outbox: list[Outbound] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)


def connect(env: Any) -> Any:
    """Connect as the service does."""
    connection = psycopg2.connect(
        host=env["POSTGRES_HOST"],
        port=env["POSTGRES_PORT"],
        user=env["POSTGRES_USER"],
        password=env["POSTGRES_PASSWORD"],
        dbname=env["POSTGRES_DB"],
        connect_timeout=3,
    )
    connection.autocommit = True
    return connection


def read(env: Any, received: list[Received]) -> Books:
    """Read everything; in plain SQL, so that the code under test has no part in it."""
    connection = connect(env)
    try:
        with connection.cursor() as cursor:

            def rows(query: str) -> list[tuple[Any, ...]]:
                cursor.execute(query)
                return list(cursor.fetchall())

            return Books(
                inbox=[Inbound(*row) for row in rows(_INBOX)],
                messages=[Message(*row) for row in rows(_MESSAGES)],
                tickets=[Ticket(*row) for row in rows(_TICKETS)],
                history=[Entry(*row) for row in rows(_HISTORY)],
                outbox=[_outbound(row) for row in rows(_OUTBOX)],
                arrived=[_arrived(one) for one in received],
            )
    finally:
        connection.close()


def _outbound(row: tuple[Any, ...]) -> Outbound:
    *head, content, state, waits, uncertain_attempts, smtp_code = row
    whole = digest(bytes(content)) if content is not None else ""
    return Outbound._make([*head, whole, state, waits, uncertain_attempts, smtp_code])


def digest(content: bytes) -> str:
    return hashlib.sha256(content.rstrip(b"\r\n")).hexdigest()


def _arrived(mail: Received) -> Arrived:
    message_id = str(message_from_bytes(mail.content).get("Message-ID", "")).strip()
    return Arrived(message_id, mail.recipient, digest(mail.content))


_INBOX = "SELECT id, external_id, state, reason, message_id FROM mailing_inboundemail"
_MESSAGES = "SELECT id, ticket_id, number, sender_type, text FROM tickets_message"
_TICKETS = (
    "SELECT t.id, r.email, t.status FROM tickets_ticket t"
    " JOIN tickets_requester r ON r.id = t.requester_id"
)
_HISTORY = (
    "SELECT id, ticket_id, event, message_id, operator_id, extract(epoch FROM created_at)::float8"
    " FROM tickets_historyentry"
)
_OUTBOX = (
    "SELECT id, ticket_id, history_entry_id, kind, recipient, message_id_header,"
    " CASE WHEN files = '[]' THEN content END, state, next_attempt_at IS NOT NULL,"
    " uncertain_attempts, smtp_code FROM mailing_outboundemail"
)
