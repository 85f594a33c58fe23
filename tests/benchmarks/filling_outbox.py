"""Fill the outbox with many mails at once, as `filling` fills the other tables."""

from typing import Any

_RECIPIENTS = 20
_INSERT = """
    INSERT INTO mailing_outboundemail (
        kind, recipient, mailbox, ticket_id, history_entry_id, message_id, is_copy,
        message_id_header, content, state, attempts, uncertain_attempts, smtp_reply, reason,
        trace, created_at, next_attempt_at, send_at, inbox_before
    )
    SELECT kind, address, address, ticket_id, entry_id, message_id, is_copy,
        '<' || entry_id || '@servicedesk.example>', '', 'queued', 0, 0, '', '',
        md5(entry_id::text), now(), coalesce(send_at, now()), send_at, inbox_before
    FROM queued
"""
_SCHEDULED = f"""
    WITH written AS (
        INSERT INTO tickets_message (ticket_id, number, sender_type, operator_id, sender_name,
            title, text, written_at, created_at)
        SELECT n, 1000, 'operator', 101, '', 'Re', 'Later.', now(), now()
        FROM generate_series(1, %(answers)s) AS n
        RETURNING id, ticket_id
    ), entries AS (
        INSERT INTO tickets_historyentry (ticket_id, event, operator_id, status_after, message_id,
            created_at)
        SELECT ticket_id, 'operator_replied', 101, 'new', id, now() FROM written
        RETURNING id, ticket_id, message_id
    ), queued AS (
        SELECT 'reply' AS kind, recipient || '-' || ticket_id || '@copy.example' AS address,
            ticket_id, id AS entry_id, message_id, recipient > 1 AS is_copy,
            now() + interval '1 day' + ticket_id * interval '1 second' AS send_at,
            CASE WHEN id %% 2 = 0 THEN ARRAY[]::bigint[] END AS inbox_before
        FROM entries, generate_series(1, %(recipients)s) AS recipient
    ) {_INSERT}"""
_DUE = f"""
    WITH entries AS (
        INSERT INTO tickets_historyentry (ticket_id, event, status_after, created_at)
        SELECT %(after)s + n, 'closed', 'closed', now() FROM generate_series(1, %(mails)s) AS n
        RETURNING id, ticket_id
    ), queued AS (
        SELECT 'closed' AS kind, email AS address, ticket_id, entries.id AS entry_id,
            NULL::bigint AS message_id, false AS is_copy, NULL::timestamptz AS send_at,
            NULL::bigint[] AS inbox_before
        FROM entries JOIN tickets_ticket AS ticket ON ticket.id = ticket_id
        JOIN tickets_requester AS requester ON requester.id = requester_id
    ) {_INSERT}"""


def fill_outbox(cursor: Any, mails: int) -> None:
    """Add sent mail, a notice of each of the first tickets; one in a hundred was suppressed."""
    cursor.execute(
        "INSERT INTO tickets_historyentry (ticket_id, event, status_after, created_at)"
        " SELECT n, 'opened', 'new', now() FROM generate_series(1, %s) AS n",
        [mails],
    )
    cursor.execute(
        """
        INSERT INTO mailing_outboundemail (
            kind, recipient, mailbox, ticket_id, history_entry_id, message_id_header, content,
            state, attempts, uncertain_attempts, smtp_reply, reason, trace, created_at,
            last_attempt_at, first_attempt_at, sent_at
        )
        SELECT 'created', email, email, ticket_id, id, '<' || id || '@servicedesk.example>', '',
            state, 1, 0, '', CASE WHEN state = 'sent' THEN '' ELSE 'a reason' END,
            md5(id::text), at, at, at, at
        FROM (
            SELECT entry.id, entry.ticket_id, requester.email,
                timestamptz '2020-01-01' + entry.id * interval '1 minute' AS at,
                CASE WHEN entry.id % 100 = 0 THEN 'suppressed' ELSE 'sent' END AS state
            FROM tickets_historyentry AS entry
            JOIN tickets_ticket AS ticket ON ticket.id = entry.ticket_id
            JOIN tickets_requester AS requester ON requester.id = ticket.requester_id
        ) AS numbered
        """
    )
    cursor.execute("ANALYZE tickets_historyentry, mailing_outboundemail")


def fill_scheduled(cursor: Any, mails: int) -> None:
    """Add answers that go out tomorrow, with copies, in the first tickets of `fill_tickets`.

    Half of them are held if they are crossed.
    """
    cursor.execute(_SCHEDULED, {"answers": mails // _RECIPIENTS, "recipients": _RECIPIENTS})
    cursor.execute("ANALYZE tickets_message, tickets_historyentry, mailing_outboundemail")


def fill_due(cursor: Any, mails: int, *, after: int = 0) -> None:
    """Add a notice that is due for each of the tickets of `fill_tickets` after that number."""
    cursor.execute(_DUE, {"mails": mails, "after": after})
    cursor.execute("ANALYZE tickets_historyentry, mailing_outboundemail")
