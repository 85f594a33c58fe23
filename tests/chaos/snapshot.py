"""Read the database and the mail server's received mail into one snapshot, for the checks."""

import hashlib
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any, NamedTuple

from tests.database import connect
from tests.smtp_server import Received

WAITING_INBOX = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'received'"
# A mail to an operator waits for what follows within a minute.
_GROUPS = "(kind = 'operator_update' AND state = 'queued' AND next_attempt_at > now())"
WAITING_OUTBOX = f"""
    SELECT count(*) FROM mailing_outboundemail
    WHERE (state IN ('queued', 'sending', 'deferred')
        OR state = 'uncertain' AND next_attempt_at IS NOT NULL) AND NOT {_GROUPS}
"""  # noqa: S608 - the text above


class Inbound(NamedTuple):
    """A mail of the inbox."""

    id: int
    external_id: str
    state: str
    reason: str
    message: int | None


class Message(NamedTuple):
    """A message of a ticket."""

    id: int
    ticket: int
    number: int
    sender_type: str
    text: str


class Ticket(NamedTuple):
    """A ticket, with its requester's address."""

    id: int
    requester: str
    status: str


class Entry(NamedTuple):
    """An entry of a ticket's history; `at` in seconds since 1970."""

    id: int
    ticket: int
    event: str
    message: int | None
    operator: int | None
    at: float


class Outbound(NamedTuple):
    """A mail of the outbox."""

    id: int
    ticket: int | None  # without one it is about an operator's address
    entry: int | None
    kind: str
    recipient: str
    message_id: str
    digest: str  # of its bytes; empty when files follow them
    state: str
    waits: bool  # it will be tried by itself, and not only when its minute is over
    uncertain_attempts: int
    smtp_code: int | None


class DeliveredMail(NamedTuple):
    """A mail that the SMTP server accepted."""

    message_id: str
    recipient: str
    digest: str


@dataclass
class Snapshot:
    """All rows that the checks read, and all mails that arrived."""

    inbox: list[Inbound] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    outbox: list[Outbound] = field(default_factory=list)
    arrived: list[DeliveredMail] = field(default_factory=list)


def take_snapshot(env: Any, received: list[Received]) -> Snapshot:
    """Read everything, in plain SQL, so that the code under test has no part in it."""
    connection = connect(env)
    try:
        with connection.cursor() as cursor:

            def rows(query: str) -> list[tuple[Any, ...]]:
                cursor.execute(query)
                return list(cursor.fetchall())

            return Snapshot(
                inbox=[Inbound(*row) for row in rows(_INBOX)],
                messages=[Message(*row) for row in rows(_MESSAGES)],
                tickets=[Ticket(*row) for row in rows(_TICKETS)],
                history=[Entry(*row) for row in rows(_HISTORY)],
                outbox=[_outbound(row) for row in rows(_OUTBOX)],
                arrived=[_arrived_mail(mail) for mail in received],
            )
    finally:
        connection.close()


def _outbound(row: tuple[Any, ...]) -> Outbound:
    *head, content, state, waits, uncertain_attempts, smtp_code = row
    whole = digest(bytes(content)) if content is not None else ""
    return Outbound._make([*head, whole, state, waits, uncertain_attempts, smtp_code])


def digest(content: bytes) -> str:
    """Return a mail's SHA-256; blank lines at its end do not count."""
    return hashlib.sha256(content.rstrip(b"\r\n")).hexdigest()


def _arrived_mail(mail: Received) -> DeliveredMail:
    message_id = str(message_from_bytes(mail.content).get("Message-ID", "")).strip()
    return DeliveredMail(message_id, mail.recipient, digest(mail.content))


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
_OUTBOX = f"""
    SELECT id, ticket_id, history_entry_id, kind, recipient, message_id_header,
        CASE WHEN files = '[]' THEN content END, state,
        next_attempt_at IS NOT NULL AND NOT {_GROUPS}, uncertain_attempts, smtp_code
    FROM mailing_outboundemail
"""  # noqa: S608 - the text above
