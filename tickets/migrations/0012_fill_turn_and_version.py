"""Fill in whose turn it is, and the version, of older tickets, in batches that lock few rows each.

The code before this runs until it is replaced and knows neither; 0014 fills in what it wrote
meanwhile, and what it writes after that is set right by the ticket's next change.
"""

from django.db import migrations

_BATCH = 10_000

# An operator's turn lasts from the first message after the last answer on.
FILL = """
UPDATE tickets_ticket AS ticket
SET version = known.version, waiting_on = known.waiting_on, waiting_since = known.waiting_since
FROM (
    SELECT
        one.id,
        greatest(one.version, history.entries) AS version,
        CASE
            WHEN one.status = 'closed' THEN NULL
            WHEN unanswered.since IS NULL AND answer.at IS NOT NULL THEN 'requester'
            ELSE 'operator'
        END AS waiting_on,
        CASE
            WHEN one.status <> 'closed' THEN coalesce(unanswered.since, answer.at, one.created_at)
        END AS waiting_since
    FROM tickets_ticket AS one
    CROSS JOIN LATERAL (
        SELECT count(*)::integer AS entries FROM tickets_historyentry WHERE ticket_id = one.id
    ) AS history
    LEFT JOIN LATERAL (
        SELECT number, created_at AS at FROM tickets_message
        WHERE ticket_id = one.id AND sender_type = 'operator' AND one.status <> 'closed'
        ORDER BY number DESC LIMIT 1
    ) AS answer ON true
    CROSS JOIN LATERAL (
        SELECT min(created_at) AS since FROM tickets_message
        WHERE ticket_id = one.id AND sender_type = 'user' AND one.status <> 'closed'
            AND number > coalesce(answer.number, 0)
    ) AS unanswered
    WHERE {which}
) AS known
WHERE ticket.id = known.id
    AND (ticket.version, ticket.waiting_on, ticket.waiting_since)
        IS DISTINCT FROM (known.version, known.waiting_on, known.waiting_since)
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM tickets_ticket")
        (newest,) = cursor.fetchone()
        for first in range(0, newest + 1, _BATCH):
            cursor.execute(
                FILL.format(which="one.id BETWEEN %s AND %s"), [first, first + _BATCH - 1]
            )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0011_operators_day_triggers")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
