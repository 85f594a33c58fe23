"""`make run SAMPLE=1` fills a desk once, through the webhook and the API, and ages it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from config.local.credentials import write_credentials
from config.local.run import supervised
from config.local.sample.ages import connect
from config.local.sample.desk import Desk
from config.local.sample.fill import fill
from config.local.stack import Stack, build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Filled:
    """A running desk that was filled twice; said: what was shown at the terminal."""

    stack: Stack
    desk: Desk
    said: list[str]

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows that a query finds in its database."""
        with contextlib.closing(connect(self.stack)) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    stack = build(tmp_path_factory.mktemp("desk"), port=None, configured={})
    said: list[str] = []
    with supervised(stack) as supervisor:
        supervisor.start()
        fill(stack, supervisor, say=said.append)
        fill(stack, supervisor, say=said.append)
        yield Filled(stack, Desk(stack, supervisor), said)
    if stack.postgres:
        stack.postgres.discard()


def test_the_sample_has_a_ticket_of_each_kind_and_is_not_doubled(filled: Filled) -> None:
    tickets = filled.desk.call(1, "GET", "/requests/user_requests/?page_size=200")["results"]
    answers = filled.desk.call(1, "GET", "/mail/outbox/?page_size=200")["results"]
    tokens = filled.desk.call(1, "GET", "/ops/support_ops/3/tokens/")["results"]

    assert filled.said[-2:] == ["  sample: done", "  sample: its tickets are there already"]
    assert len(tickets) == 34
    assert {ticket["status"] for ticket in tickets} == {"new", "in_progress", "closed"}
    assert sum(ticket["needs_attention"] for ticket in tickets) == 1
    assert sum(bool(ticket["snoozed_until"]) for ticket in tickets) == 2
    assert sum(bool(ticket["merged_into"]) for ticket in tickets) == 1
    # Who is told to sign in has seen all but what the last letters opened.
    ((seen,),) = filled.read("SELECT count(*) FROM tickets_seenticket WHERE operator_id = 2")
    assert len(tickets) / 2 < seen < len(tickets)
    states = {mail["state"] for mail in answers if mail["kind"] == "reply"}
    assert states == {"sent", "held", "queued", "bounced"}
    assert tokens == []
    assert write_credentials(filled.stack).is_file()


# Each query finds what contradicts itself.
CONTRADICTIONS = {
    "an entry of the history is older than the one before": """
        SELECT id, created_at FROM (
            SELECT id, created_at, lag(created_at) OVER (PARTITION BY ticket_id ORDER BY id) AS last
            FROM tickets_historyentry
        ) AS entry WHERE created_at < last""",
    "a ticket was opened or changed at another time than its history says": """
        SELECT id FROM tickets_ticket AS ticket WHERE (created_at, updated_at) <> (
            SELECT min(created_at), max(created_at) FROM tickets_historyentry
            WHERE ticket_id = ticket.id AND NOT is_system
        ) OR NOT EXISTS (
            SELECT FROM tickets_historyentry
            WHERE ticket_id = ticket.id AND created_at = coalesce(waiting_since, updated_at)
        )""",
    "a message was stored at another time than the history says": """
        SELECT message.id FROM tickets_message AS message JOIN tickets_historyentry AS entry
            ON entry.message_id = message.id AND event <> 'reply_held'
        WHERE message.created_at <> entry.created_at OR written_at > message.created_at""",
    "a note was written at another time than the history says": """
        SELECT id FROM tickets_note AS note WHERE NOT EXISTS (
            SELECT FROM tickets_historyentry
            WHERE ticket_id = note.ticket_id AND event = 'note_added'
                AND created_at = note.created_at
        )""",
    "a file is older or newer than its message": """
        SELECT file.id FROM tickets_attachment AS file JOIN tickets_message AS message
            ON message.id = message_id WHERE file.created_at <> message.created_at""",
    "a mail came before it was written, or into its ticket before it came": """
        SELECT mail.id FROM mailing_inboundemail AS mail
        LEFT JOIN tickets_message AS message ON message.id = message_id
        WHERE internal_date > received_at OR received_at > processed_at
            OR message.created_at NOT BETWEEN received_at AND processed_at
            OR processed_at - internal_date > '2 minutes'""",
    "a mail left before it was written, or much later": """
        SELECT mail.id FROM mailing_outboundemail AS mail
        LEFT JOIN tickets_historyentry AS entry ON entry.id = history_entry_id
        WHERE entry.created_at > mail.created_at OR mail.created_at > first_attempt_at
            OR last_attempt_at > sent_at OR sent_at - entry.created_at > '2 minutes'
            OR sent_at <> taken_at[1]
            OR (timeline->0->>'at')::timestamptz NOT BETWEEN
                mail.created_at - interval '1 s' AND mail.created_at + interval '1 s'""",
    "a message shows another delivery than its mail has": """
        SELECT message.id FROM tickets_message AS message JOIN mailing_outboundemail AS mail
            ON mail.message_id = message.id AND NOT is_copy
        WHERE delivery->'timeline' <> timeline OR delivery->'bounce' <> bounce
            OR (delivery->>'sent_at')::timestamptz <> sent_at""",
    "a merge is in one ticket earlier than in the other": """
        SELECT ticket.id FROM tickets_ticket AS ticket
        JOIN tickets_historyentry AS here ON here.ticket_id = ticket.id AND here.event = 'merged'
        JOIN tickets_historyentry AS there
            ON there.ticket_id = merged_into_id AND there.event = 'merged'
        WHERE abs(extract(epoch FROM here.created_at - there.created_at)) > 1""",
    "the past lies in the future": """
        SELECT id FROM tickets_ticket WHERE updated_at > now() OR waiting_since > now()
        UNION ALL SELECT id FROM tickets_historyentry WHERE created_at > now()
        UNION ALL SELECT id FROM mailing_inboundemail WHERE processed_at > now()
        UNION ALL SELECT id FROM mailing_outboundemail
            WHERE greatest(created_at, sent_at, (timeline->-1->>'at')::timestamptz) > now()""",
    "an answer comes at once, or after hours": """
        SELECT id, pause FROM (
            SELECT id, sender_type, created_at - lag(created_at) OVER ticket AS pause,
                lag(sender_type) OVER ticket AS before
            FROM tickets_message WINDOW ticket AS (PARTITION BY ticket_id ORDER BY number)
        ) AS message
        WHERE sender_type = 'operator' AND before = 'user'
            AND pause NOT BETWEEN '3 minutes' AND '3 hours'""",
    "a trigger is off": "SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'",
}


@pytest.mark.parametrize("sql", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_all_times_of_the_sample_agree(filled: Filled, sql: str) -> None:
    assert filled.read(sql) == []


def test_the_tickets_are_between_a_minute_and_some_weeks_old(filled: Filled) -> None:
    ages = filled.read("SELECT now() - created_at FROM tickets_ticket ORDER BY created_at")
    waits = filled.read("SELECT now() - waiting_since FROM tickets_ticket ORDER BY waiting_since")

    assert [round(age / timedelta(days=1)) for (age,) in ages][:5] == [24, 13, 4, 3, 2]
    assert ages[-1][0] < timedelta(minutes=4) < ages[-2][0]
    assert len({age // timedelta(hours=1) for (age,) in ages}) > 20
    assert len({wait // timedelta(minutes=1) for (wait,) in waits if wait}) > 24


def test_what_waits_in_the_sample_still_does_and_nothing_is_wrong(filled: Filled) -> None:
    snoozed = filled.read("SELECT snoozed_until - now() FROM tickets_ticket ORDER BY snoozed_until")
    waiting = filled.read("""
        SELECT state, send_at > now(), next_attempt_at = send_at FROM mailing_outboundemail
        WHERE state NOT IN ('sent', 'bounced', 'suppressed') ORDER BY id
    """)

    assert [left.days for (left,) in snoozed if left] == [7, 29]
    assert waiting == [("held", True, None), ("queued", True, True)]
    assert filled.stack.api().call("GET", "/readyz").status == 200
