"""Make older messages, notes and participants searchable, in batches.

What is there already is left alone, so that an interrupted run goes on where it was.
"""

from django.db import migrations

_BATCH = 10_000

_FILL = {
    "tickets_message": """
        SELECT ticket_id, 1, id, tickets_words(title || ' ' || text),
            CASE WHEN number = 1 THEN tickets_requester_people(ticket_id) END
        FROM tickets_message AS source WHERE id BETWEEN %s AND %s AND NOT EXISTS (
            SELECT 1 FROM tickets_search
            WHERE ticket_id = source.ticket_id AND kind = 1 AND source_id = source.id
        )""",
    "tickets_note": """
        SELECT ticket_id, 2, id, tickets_words(text), NULL
        FROM tickets_note WHERE id BETWEEN %s AND %s""",
    "tickets_participant": """
        SELECT ticket_id, 3, id, NULL, tickets_people(email, name)
        FROM tickets_participant WHERE id BETWEEN %s AND %s AND NOT is_removed""",
}


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table, select in _FILL.items():
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
            (newest,) = cursor.fetchone()
            for first in range(0, newest + 1, _BATCH):
                cursor.execute(
                    "INSERT INTO tickets_search (ticket_id, kind, source_id, words, people)"
                    f" {select} ON CONFLICT DO NOTHING",
                    [first, first + _BATCH - 1],
                )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0015_search")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
