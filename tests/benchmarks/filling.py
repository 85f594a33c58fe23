"""Fill tables with many rows at once, straight in SQL, for measurements and for tests of plans.

Each function takes a cursor of psycopg2 or of Django. The rows keep every constraint. Values are
spread unevenly, as those of a desk are: many equal titles, few open tickets, one busy requester.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

OPERATORS = 12
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
# Rows of one requester, of whom no other list may notice how many there are.
_BUSY_SHARE = 20
BUSY_REQUESTER = "c4ca4238a0b923820dcc509a6f75849b@example.com"  # number 1
BUSY_PARTICIPANT = "partner@copy.example"


def created_at(number: int) -> str:
    """Return when a ticket with this number was made."""
    return (_BEGINNING + timedelta(minutes=number)).isoformat()


def fill_operators(cursor: Any) -> None:
    """Add the operators who hold tickets, numbered from 101."""
    cursor.execute(
        "INSERT INTO operators_operator"
        " (password, id, name, email, is_active, is_supervisor, created_at)"
        " SELECT '', 100 + n, 'Operator ' || n, '', true, false, now()"
        " FROM generate_series(1, %s) AS n",
        [OPERATORS],
    )


_TICKETS = """
    INSERT INTO tickets_ticket (
        id, requester_id, requester_email, title, description, status, operator_id, message_count,
        needs_attention, priority, tags, waiting_on, waiting_since, snoozed_until,
        created_at, updated_at
    )
    SELECT n, requester, md5(requester::text) || '@example.com',
        title, title || repeat(' Since this morning.', 10), status,
        CASE WHEN status <> 'new' THEN 101 + (hashint8(n) & 7) END, %(messages)s,
        n %% 5000 = 0,
        CASE WHEN n %% 50 = 1 THEN 4 WHEN n %% 20 = 3 THEN 3 WHEN n %% 7 = 2 THEN 1 ELSE 2 END,
        CASE
            WHEN n %% 1000 = 11 THEN ARRAY['printer', 'rare']
            WHEN n %% 10 = 1 THEN ARRAY['printer']
            WHEN n %% 100 = 3 THEN ARRAY['vpn']
            ELSE ARRAY[]::text[]
        END,
        CASE
            WHEN status = 'closed' THEN NULL
            WHEN status = 'in_progress' AND n %% 3 > 0 THEN 'requester'
            ELSE 'operator'
        END,
        CASE WHEN status <> 'closed' THEN at + (hashint8(n) & 4095) * interval '1 minute' END,
        CASE
            WHEN status <> 'closed' AND hashint8(n) & 31 = 0 THEN at + interval '10 years'
        END,
        at, at + (hashint8(n) & 1048575) * interval '1 second'
    FROM (
        SELECT n, timestamptz '2020-01-01' + n * interval '1 minute' AS at,
            CASE WHEN n %% %(busy)s = 0 THEN 1 ELSE 1 + n %% %(requesters)s END AS requester,
            CASE WHEN n %% 3 = 0 THEN 'The printer does not print' ELSE md5(n::text) END
                AS title,
            -- Of the second half each requester has one ticket, which may be open.
            CASE
                WHEN n <= %(requesters)s OR n %% %(busy)s = 0 OR n %% %(requesters)s = 0
                    THEN 'closed'
                WHEN n %% 10 = 1 THEN 'new'
                WHEN n %% 10 = 3 THEN 'in_progress'
                ELSE 'closed'
            END AS status
        FROM generate_series(1, %(tickets)s) AS n
    ) AS numbered"""


def fill_tickets(cursor: Any, tickets: int, messages_each: int = 0) -> None:
    """Add tickets numbered from 1, and messages to each; the database has none yet.

    One in ten is open, one in twenty is of a single requester. Of the open ones some
    are snoozed; one in ten tickets has a tag, of which one is rare.
    """
    requesters = tickets // 2
    _fill_requesters(cursor, requesters)
    cursor.execute(
        _TICKETS,
        {
            "tickets": tickets,
            "requesters": requesters,
            "messages": messages_each,
            "busy": _BUSY_SHARE,
        },
    )
    _fill_messages(cursor, tickets, messages_each)
    _fill_participants(cursor, tickets)
    _continue_sequences(cursor, "tickets_requester", "tickets_ticket")
    cursor.execute(
        "ANALYZE tickets_requester, tickets_ticket, tickets_message, tickets_participant"
    )


def _fill_requesters(cursor: Any, requesters: int) -> None:
    cursor.execute(
        "INSERT INTO tickets_requester (id, email, canonical_email, name, created_at)"
        " SELECT n, address, address, 'Requester ' || n, now() FROM ("
        "  SELECT n, md5(n::text) || '@example.com' AS address FROM generate_series(1, %s) AS n"
        " ) AS numbered",
        [requesters],
    )


def _fill_messages(cursor: Any, tickets: int, messages_each: int) -> None:
    cursor.execute(
        "INSERT INTO tickets_message (ticket_id, number, sender_type, sender_name, title, text,"
        " written_at, created_at)"
        " SELECT n, number, 'user', '', 'The printer does not print', repeat(md5(n::text), 4),"
        " now(), now() FROM generate_series(1, %s) AS n, generate_series(1, %s) AS number",
        [tickets, messages_each],
    )


def _fill_participants(cursor: Any, tickets: int) -> None:
    """Add somebody in copy to every fourth ticket, and one who is in copy of many."""
    cursor.execute(
        "INSERT INTO tickets_participant (ticket_id, email, canonical_email, name, created_at)"
        " SELECT n, address, address, '', now() FROM ("
        "  SELECT n, CASE WHEN n %% 400 = 0 THEN %s ELSE md5((n / 20)::text) || '@copy.example' END"
        "   AS address FROM generate_series(4, %s, 4) AS n"
        " ) AS numbered",
        [BUSY_PARTICIPANT, tickets],
    )


# How the words that a search looks for are spread over the tickets.
COMMON_WORD, RARER_WORD, RARE_WORD = "printer", "toner", "umlaut"
_RARE_TICKETS = 20


def fill_search(cursor: Any, tickets: int) -> None:
    """Make the tickets of `fill_tickets` searchable, by a few words in place of their texts.

    A third of them has the common word, one in a thousand the rarer one, 20 the rare one.
    """
    cursor.execute(
        "SELECT indexdef FROM pg_indexes"
        " WHERE indexname IN ('ticket_words', 'ticket_people', 'requester_by_people')"
    )
    definitions = [definition for (definition,) in cursor.fetchall()]
    cursor.execute("DROP INDEX ticket_words, ticket_people, requester_by_people")
    cursor.execute(
        """
        INSERT INTO tickets_search (ticket_id, kind, source_id, words, people)
        SELECT ticket_id, 1, message.id, array_to_tsvector(array_remove(ARRAY[
                CASE WHEN number = 1 AND ticket_id %% 3 = 0 THEN %(common)s END,
                CASE WHEN number = 1 AND ticket_id %% 1000 = 0 THEN %(rarer)s END,
                CASE WHEN number = 1 AND ticket_id %% %(apart)s = 0 THEN %(rare)s END,
                'today', 'word' || (hashint8(message.id) & 4095), md5(ticket_id::text)
            ], NULL)),
            CASE WHEN number = 1 THEN tickets_people(requester.email, requester.name) END
        FROM tickets_message AS message JOIN tickets_ticket AS ticket ON ticket.id = ticket_id
            JOIN tickets_requester AS requester ON requester.id = requester_id
        """,
        {
            "common": COMMON_WORD,
            "rarer": RARER_WORD,
            "rare": RARE_WORD,
            "apart": tickets // _RARE_TICKETS,
        },
    )
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for definition in definitions:
        cursor.execute(definition)
    cursor.execute("ANALYZE tickets_search, tickets_requester")


def fill_inbox(cursor: Any, processed: int) -> None:
    """Add mail that was worked: one in ten ignored, one in twenty quarantined."""
    cursor.execute(
        """
        INSERT INTO mailing_inboundemail (
            source, external_id, thread_id, internal_date, size, sender, state, kind, reason,
            message_id_header, fingerprint, trace, as_import, attempts, received_at, processed_at
        )
        SELECT 'gmail', md5(n::text), '', at, 3000, 'requester' || n %% 5000 || '@example.com',
            state,
            CASE
                WHEN state = 'quarantined' THEN 'person'
                WHEN state = 'processed' THEN CASE WHEN n %% 7 = 0 THEN 'machine' ELSE 'person' END
                WHEN n %% 20 = 0 THEN 'person'
                ELSE 'auto_reply'
            END,
            CASE WHEN state = 'processed' THEN '' ELSE 'a reason' END,
            '<' || n || '@example.com>', '', md5(n::text), false, 1, at, at
        FROM (
            SELECT n, timestamptz '2020-01-01' + n * interval '1 minute' AS at,
                CASE
                    WHEN n %% 20 = 7 THEN 'quarantined' WHEN n %% 10 = 0 THEN 'ignored'
                    ELSE 'processed'
                END AS state
            FROM generate_series(1, %s) AS n
        ) AS numbered
        """,
        [processed],
    )
    cursor.execute("ANALYZE mailing_inboundemail")


def fill_waiting(cursor: Any, mails: int, *, of_one_sender: bool = False) -> None:
    """Add mail that waits to be worked: of 5,000 senders, or nearly all of one."""
    cursor.execute(
        """
        INSERT INTO mailing_inboundemail (
            source, external_id, thread_id, internal_date, size, sender, state, kind, reason,
            message_id_header, fingerprint, trace, as_import, attempts, received_at
        )
        SELECT 'gmail', 'waiting' || n, '', at, 3000, CASE
                WHEN %(one)s AND n %% 1000 <> 999 THEN 'busy@example.com'
                ELSE 'requester' || n %% 5000 || '@example.com'
            END, 'received', '', '', '', '', md5(n::text), false, 0, at
        FROM (
            SELECT n, now() - (%(mails)s - n) * interval '1 millisecond' AS at
            FROM generate_series(1, %(mails)s) AS n
        ) AS numbered
        """,
        {"mails": mails, "one": of_one_sender},
    )
    cursor.execute("ANALYZE mailing_inboundemail")


def _continue_sequences(cursor: Any, *tables: str) -> None:
    for table in tables:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
        )
