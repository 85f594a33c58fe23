"""Move the filled sample back in time, so that its tickets are some minutes to some weeks old.

The sample is made within seconds, through the webhook and the API. Afterwards each act in a ticket
gets a time: a letter that of its date, an operator's act one some minutes after the act before.
What follows from an act, such as the sending of a mail, keeps its distance from it.
"""

import contextlib
import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg2

from config.local.errors import LocalError
from config.local.processes.supervisor import Supervisor
from config.local.stack import Stack

_TIMEOUT_SECONDS = 30.0
_FETCHED_AFTER = timedelta(seconds=20)  # the Apps Script looks for new mail once a minute
_OPENED_BEFORE = timedelta(minutes=20)  # of the ticket that an operator opens

# Columns with times, some of them inside JSON. Not those that say when something is to happen, and
# not those of drafts, because colleagues are writing them now.
_COLUMNS = {
    "tickets_ticket": "created_at, updated_at, waiting_since",
    "tickets_historyentry": "created_at, details",
    "tickets_message": "written_at, created_at, delivery, copies",
    "tickets_note": "created_at",
    "tickets_attachment": "created_at",
    "tickets_participant": "created_at",
    "tickets_requester": "created_at",
    "mailing_inboundemail": "internal_date, received_at, processed_at",
    "mailing_outboundemail": "created_at, first_attempt_at, last_attempt_at, sent_at, taken_at,"
    " timeline, bounce",
    "mailing_mutedmailbox": "since",
}
# The ticket of a row, where it is not in `ticket_id`.
_TICKET = {
    "tickets_ticket": "moved.id",
    "tickets_requester": "(SELECT min(id) FROM tickets_ticket WHERE requester_id = moved.id)",
    "mailing_mutedmailbox": "(SELECT max(ticket_id) FROM mailing_outboundemail AS mail"
    " WHERE mail.mailbox = moved.mailbox)",
}
# All their times belong to the act that wrote the mail, although it may have left after the next.
_MAIL = ("tickets_message", "mailing_outboundemail")
# Triggers refuse to change history and conversation.
_UNLOCK = """
    ALTER TABLE tickets_historyentry DISABLE TRIGGER history_stands;
    ALTER TABLE tickets_message DISABLE TRIGGER what_was_written_stands
"""
_LOCK = _UNLOCK.replace("DISABLE", "ENABLE")
# Automatic mail is no act, because it comes at once. Merged tickets are last: see `_Moves`.
_ACTS = """
    SELECT ticket.id, least(entry.created_at, max(mail.received_at)), max(mail.internal_date),
        ticket.merged_into_id
    FROM tickets_historyentry AS entry
    JOIN tickets_ticket AS ticket ON ticket.id = entry.ticket_id
    LEFT JOIN tickets_message AS message ON message.id = entry.message_id
    LEFT JOIN mailing_inboundemail AS mail ON mail.message_id = message.id
    WHERE ticket.created_at >= %s AND NOT entry.is_system AND message.is_quiet IS NOT TRUE
    GROUP BY ticket.id, entry.created_at
    ORDER BY ticket.merged_into_id NULLS FIRST, ticket.id, entry.created_at
"""
# Mail to operators would wait for a minute, in which it may grow.
_SEND_NOW = """
    UPDATE mailing_outboundemail SET next_attempt_at = now()
    WHERE state = 'queued' AND send_at IS NULL AND next_attempt_at > now()
"""
_UNSENT = """
    SELECT count(*) FROM mailing_outboundemail
    WHERE state IN ('queued', 'sending', 'deferred') AND send_at IS NULL
"""
_TIME = re.compile(r'"(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00))"')


def spread(known: Sequence[datetime | None], *, pause: timedelta, now: datetime) -> list[datetime]:
    """Return when the acts of a ticket are to have happened, in their order and not after now.

    Args:
        known: when they happened; None for once or twice `pause` after the act before, or sooner
            where the next one would come first.
    """
    times: list[datetime] = []
    for number, known_at in enumerate(known):
        if known_at or not times:
            times.append(known_at or now - _OPENED_BEFORE)
            continue
        until = next(filter(None, known[number:]), now)
        room = (until - times[-1]) / (len(known) - number + 1)
        times.append(times[-1] + min(pause * (1 + number % 2), room))
    return times


def connect(stack: Stack) -> "psycopg2.extensions.connection":
    """Return a connection to the database of a running desk, which gives times in UTC."""
    return psycopg2.connect(
        host=stack.settings["POSTGRES_HOST"],
        port=stack.settings["POSTGRES_PORT"],
        user=stack.settings["POSTGRES_USER"],
        password=stack.settings["POSTGRES_PASSWORD"],
        dbname=stack.settings["POSTGRES_DB"],
        options="-c timezone=UTC",
    )


def move_back(stack: Stack, supervisor: Supervisor, *, began_at: datetime) -> None:
    """Move the tickets that were opened since `began_at` back in time, once their mail is sent.

    Raises LocalError when it is not sent within 30 seconds.
    """
    with contextlib.closing(connect(stack)) as connection, connection.cursor() as cursor:

        def is_sent() -> bool:
            with connection:
                cursor.execute(_SEND_NOW)
                cursor.execute(_UNSENT)
                return cursor.fetchone() == (0,)

        if not supervisor.wait_until(is_sent, _TIMEOUT_SECONDS):
            raise LocalError("The sample cannot be made: waited in vain for its mail to be sent.")
        with connection:
            moves = _Moves(cursor, began_at)
            cursor.execute(_UNLOCK)
            for table, columns in _COLUMNS.items():
                moves.apply(table, columns)
            cursor.execute(_LOCK)


class _Moves:
    """From when to when each act of the tickets is moved.

    A merge is an act in both tickets: the merged one has it when the other one has it.
    """

    def __init__(self, cursor: Any, began_at: datetime) -> None:
        self._cursor, self._began_at, self._now = cursor, began_at, datetime.now(UTC)
        self._of_ticket: dict[int, dict[datetime, datetime]] = {}
        cursor.execute(_ACTS, [began_at])
        for ticket_id, acts in groupby(cursor.fetchall(), itemgetter(0)):
            known = {made_at: self._known(made_at, *given) for _id, made_at, *given in acts}
            pause = timedelta(minutes=5 + ticket_id * 7 % 19)  # not the same everywhere
            times = spread(list(known.values()), pause=pause, now=self._now)
            self._of_ticket[ticket_id] = dict(zip(known, times, strict=True))

    def _known(
        self, made_at: datetime, mail_at: datetime | None, merged_into: int | None
    ) -> datetime | None:
        if mail_at:
            return min(mail_at + _FETCHED_AFTER, self._now)
        other = self._of_ticket.get(merged_into or 0, {})
        return next((at for made, at in other.items() if made >= made_at), None)

    def apply(self, table: str, columns: str) -> None:
        """Move the times in some columns of a table."""
        ticket = _TICKET.get(table, "moved.ticket_id")
        act_at = "moved.created_at" if table in _MAIL else "NULL::timestamptz"
        self._cursor.execute(
            f"SELECT moved.id, {ticket}, {act_at}, to_jsonb(times)::text"  # noqa: S608 - constants
            f" FROM {table} AS moved, LATERAL (SELECT {columns}) AS times"
            f" WHERE {ticket} = ANY(%s)",
            [list(self._of_ticket)],
        )
        for pk, ticket_id, act_at, times in self._cursor.fetchall():
            self._cursor.execute(
                f"UPDATE {table} SET ({columns}) = (SELECT {columns}"  # noqa: S608 - constants
                f" FROM jsonb_populate_record(NULL::{table}, %s)) WHERE id = %s",
                [_TIME.sub(partial(self._move, ticket_id, act_at), times), pk],
            )

    def _move(self, ticket_id: int, act_at: datetime | None, written: re.Match[str]) -> str:
        """Return a time moved with its act, which is the last one until `act_at` or itself.

        Not moved: before the sample began are the dates of letters, after now is what will happen.
        """
        at = datetime.fromisoformat(written[1])
        if not self._began_at <= at <= self._now:
            return written[0]
        times = self._of_ticket[ticket_id]
        made = list(times)
        act = made[max(bisect_right(made, act_at or at) - 1, 0)]
        return json.dumps((times[act] + (at - act)).isoformat().replace("+00:00", "Z"))
