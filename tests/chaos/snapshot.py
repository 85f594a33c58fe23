"""Read the database and the mail server's received mail into one snapshot, for the checks."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any, NamedTuple

from tests.database import connect
from tests.smtp_server import Received

WAITING_INBOX = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'received'"
WAITING_OUTBOX = """
    SELECT count(*) FROM mailing_outboundemail
    WHERE state IN ('queued', 'sending', 'deferred')
        OR state = 'uncertain' AND next_attempt_at IS NOT NULL
"""
# Beat has tickets woken every 10 seconds.
_IS_OVERDUE = "coalesce(snoozed_until < now() - interval '15 seconds', false)"
OVERDUE_SNOOZES = f"SELECT count(*) FROM tickets_ticket WHERE {_IS_OVERDUE}"  # noqa: S608 - the text above


class Inbound(NamedTuple):
    """A mail of the inbox."""

    id: int
    external_id: str
    state: str
    reason: str
    message: int | None
    sender: str = ""
    received_at: float = 0.0  # before it was committed; all times are seconds since 1970


class Message(NamedTuple):
    """A message of a ticket."""

    id: int
    ticket: int
    number: int
    sender_type: str
    text: str
    sender_email: str = ""  # of a participant


class Ticket(NamedTuple):
    """A ticket, with its requester's address."""

    id: int
    requester: str
    status: str
    operator: int | None = None
    version: int = 1
    waiting_on: str | None = None
    merged_into: int | None = None
    is_overdue: bool = False  # it is still snoozed though its time has passed


class Entry(NamedTuple):
    """An entry of a ticket's history."""

    id: int
    ticket: int
    event: str
    message: int | None
    operator: int | None
    status_before: str | None
    status_after: str
    version: int
    details: dict[str, Any] | None = None
    at: float = 0.0

    @property
    def before(self) -> Any:
        """What the event changed, as it was."""
        return self.details and self.details["before"]

    @property
    def after(self) -> Any:
        """What the event changed, as it became."""
        return self.details and self.details["after"]

    @property
    def merged_into(self) -> int | None:
        """Into which ticket this one was merged, or no longer is; None for other events.

        The other ticket has an entry, too, which names this one.
        """
        sides = {"merged": self.after, "unmerged": self.before}
        return (sides.get(self.event) or {}).get("into")


class Note(NamedTuple):
    """A note of an operator."""

    id: int
    ticket: int
    text: str


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
    waits: bool  # it will be tried by itself
    uncertain_attempts: int
    smtp_code: int | None
    operator: int | None = None  # to whom it tells these events
    events: Sequence[dict[str, Any]] = ()
    message: int | None = None  # of an operator, which it carries
    is_copy: bool = False
    held_by: int | None = None
    inbox_before: Sequence[int] | None = None
    created_at: float = 0.0
    first_attempt_at: float | None = None
    timeline: Sequence[dict[str, Any]] = ()


class DeliveredMail(NamedTuple):
    """A mail that the SMTP server accepted."""

    message_id: str
    recipient: str
    digest: str
    has_note: bool = False  # a note's text stands in it
    at: float = 0.0


@dataclass
class Snapshot:
    """All rows that the checks read, and all mails that arrived."""

    inbox: list[Inbound] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unfound: list[str] = field(default_factory=list)  # marks that the search does not find
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
                notes=[Note(*row) for row in rows(_NOTES)],
                unfound=[mark for (mark,) in rows(_UNFOUND)],
                outbox=[_outbound(row) for row in rows(_OUTBOX)],
                arrived=[arrived_mail(mail) for mail in received],
            )
    finally:
        connection.close()


def _outbound(row: tuple[Any, ...]) -> Outbound:
    *head, content = row[: _CONTENT_COLUMN + 1]
    whole = digest(bytes(content)) if content is not None else ""
    return Outbound._make([*head, whole, *row[_CONTENT_COLUMN + 1 :]])


def digest(content: bytes) -> str:
    """Return a mail's SHA-256; blank lines at its end do not count."""
    return hashlib.sha256(content.rstrip(b"\r\n")).hexdigest()


def arrived_mail(mail: Received) -> DeliveredMail:
    """Return what the checks compare of a mail."""
    message = message_from_bytes(mail.content)
    message_id = str(message.get("Message-ID", "")).strip()
    decoded = [part.get_payload(decode=True) for part in message.walk()]
    parts = [mail.content, *(part for part in decoded if isinstance(part, bytes))]
    has_note = any(_NOTE_MARK.search(part) for part in parts)
    return DeliveredMail(message_id, mail.recipient, digest(mail.content), has_note, mail.at)


_NOTE_MARK = re.compile(rb"note\d+x\d{5}")
_INBOX = """
    SELECT id, external_id, state, reason, message_id, sender,
        extract(epoch FROM received_at)::float
    FROM mailing_inboundemail
"""
_MESSAGES = """
    SELECT id, ticket_id, number, sender_type, text, sender_email FROM tickets_message ORDER BY id
"""
_NOTES = "SELECT id, ticket_id, text FROM tickets_note"
_TICKETS = f"""
    SELECT t.id, r.email, t.status, t.operator_id, t.version, t.waiting_on, t.merged_into_id,
        {_IS_OVERDUE}
    FROM tickets_ticket t JOIN tickets_requester r ON r.id = t.requester_id
"""  # noqa: S608 - the text above
_HISTORY = """
    SELECT id, ticket_id, event, message_id, operator_id, status_before, status_after, version,
        details, extract(epoch FROM created_at)::float
    FROM tickets_historyentry ORDER BY id
"""
# A row of the search for each message (1) and note (2).
_UNFOUND = """
    SELECT written.mark FROM (
        SELECT 1 AS kind, id, substring(text FROM '(?:mark|reply)[0-9x]+') AS mark
            FROM tickets_message
        UNION ALL SELECT 2, id, substring(text FROM 'note[0-9x]+') FROM tickets_note
    ) written LEFT JOIN tickets_search found
        ON found.kind = written.kind AND found.source_id = written.id
    WHERE written.mark IS NOT NULL
        AND found.words @@ to_tsquery('simple', written.mark) IS NOT TRUE
"""
_OUTBOX = """
    SELECT id, ticket_id, history_entry_id, kind, recipient, message_id_header,
        CASE WHEN files = '[]' THEN content END, state,
        next_attempt_at IS NOT NULL, uncertain_attempts, smtp_code, operator_id, events,
        message_id, is_copy, held_by_id, inbox_before, extract(epoch FROM created_at)::float,
        extract(epoch FROM first_attempt_at)::float, timeline
    FROM mailing_outboundemail
"""
_CONTENT_COLUMN = 6
