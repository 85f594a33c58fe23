"""Store how far an outgoing mail has got, and show it on the operator's message."""

import json
from collections.abc import Sequence
from operator import attrgetter
from typing import Any
from weakref import WeakSet

from django.db import connection
from django.utils import timezone

from mailing.models import OutboundEmail
from mailing.outbound.crossing import MAY_GO
from mailing.outbound.states import State
from tickets import replies
from tickets.changes import api_timestamp

# A long timeline keeps its first and its latest entries.
_FIRST_ENTRIES, _LATEST_ENTRIES = 10, 40
_STATES_AFTER_AN_ANSWER = (State.SENT, State.DEFERRED, State.UNCERTAIN, State.FAILED)

# All but the content, which never changes and may be large.
_PROGRESS_FIELDS = [
    field.name
    for field in OutboundEmail._meta.concrete_fields
    if field.name not in ("id", "content")
]
# What changes when an attempt begins or the server accepts the mail, with the columns' types.
_ATTEMPT_FIELDS = {
    "state": "varchar",
    "attempts": "smallint",
    "next_attempt_at": "timestamptz",
    "lease_expires_at": "timestamptz",
    "smtp_code": "smallint",
    "smtp_reply": "text",
    "reason": "text",
    "taken_at": "timestamptz[]",
    "last_attempt_at": "timestamptz",
    "first_attempt_at": "timestamptz",
    "sent_at": "timestamptz",
    "timeline": "jsonb",
}
_COLUMNS = {"id": "bigint", "row_version": "xid", **_ATTEMPT_FIELDS}


def _parameters(rows: int) -> str:
    """Return the parameters of so many rows of `_COLUMNS`, each with its type."""
    kinds = list(_COLUMNS.values())
    return ", ".join(
        "(" + ", ".join(f"${row * len(kinds) + n}::{kind}" for n, kind in enumerate(kinds, 1)) + ")"
        for row in range(rows)
    )


# For two mails: the one that was accepted and the one that follows. Prepared, because planning it
# would take a third of PostgreSQL's time for it. It may be, as mail workers hold locks of their
# session anyway (`mailing.queueing.leases`).
_PREPARE = f"""
    PREPARE save_attempts AS
    UPDATE mailing_outboundemail AS mail
    SET {", ".join(f"{name} = new.{name}" for name in _ATTEMPT_FIELDS)}
    FROM (VALUES {_parameters(2)}) AS new ({", ".join(_COLUMNS)})
    WHERE mail.id = new.id AND mail.xmin = new.row_version
        AND (new.state <> 'sending' OR {MAY_GO})
    RETURNING mail.id, mail.xmin::text, CASE WHEN mail.state = 'sending' THEN mail.content END
"""  # noqa: S608 - the names above
# The commit does not wait for the disk, because the answers come at the rate at which mail is sent;
# `attempts` says what a crash of PostgreSQL means then.
_SAVE_ATTEMPTS = "SET LOCAL synchronous_commit = off; EXECUTE save_attempts ({})".format(
    ", ".join(["%s"] * 2 * len(_COLUMNS))
)
_all_but_the_timeline = attrgetter(*list(_COLUMNS)[:-1])
_prepared_on: WeakSet[Any] = WeakSet()


def save_attempts(mails: Sequence[OutboundEmail]) -> set[int]:
    """Store by one statement how far one or two mails have got, if nobody has changed them since.

    That is, if their `row_version` is still the row's. Returns the ids of those that were stored;
    a mail that is being sent then has its content.
    """
    values: list[Any] = []
    for mail in mails:
        values += (*_all_but_the_timeline(mail), json.dumps(mail.timeline))
    values += [None] * (2 * len(_COLUMNS) - len(values))
    connection.ensure_connection()
    with connection.cursor() as cursor:
        if connection.connection not in _prepared_on:
            cursor.execute(_PREPARE)
            _prepared_on.add(connection.connection)
        cursor.execute(_SAVE_ATTEMPTS, values)
        saved = cursor.fetchall()
    by_id = {mail.pk: mail for mail in mails}
    for pk, row_version, content in saved:
        by_id[pk].row_version = row_version
        if content is not None:
            by_id[pk].content = content
    # In one order: another worker may record the other copies of the same two messages.
    for pk, _row_version, _content in sorted(saved, key=lambda row: by_id[row[0]].message_id or 0):
        _show_on_message(by_id[pk])
    return {pk for pk, _row_version, _content in saved}


def _show_on_message(outbound: OutboundEmail) -> None:
    if outbound.message_id is not None:
        replies.record_delivery(
            message_id=outbound.message_id,
            recipient=outbound.recipient if outbound.is_copy else "",
            delivery=delivery(outbound),
        )


def save_progress(outbound: OutboundEmail, words: str = "") -> None:
    """Store how far a mail has got, and show it on the operator's message that it carries.

    words: for the timeline, see `add_to_timeline`.
    """
    add_to_timeline(outbound, words)
    outbound.save(update_fields=_PROGRESS_FIELDS)
    _show_on_message(outbound)


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
        "send_at": api_timestamp(outbound.send_at),
        "held_by": outbound.held_by_id,
        "timeline": outbound.timeline,
    }
