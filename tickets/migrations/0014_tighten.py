"""Check what was filled in; a ticket may be taken and closed again, but is opened once.

The rows that the older code wrote since 0012 are filled in first.
"""

from importlib import import_module

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

_fill = import_module("tickets.migrations.0012_fill_turn_and_version")


def fill_latest(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_fill.FILL.format(which="one.updated_at > now() - interval '1 day'"))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0013_turn_and_version_indexes")]

    operations = [
        migrations.RunPython(fill_latest, migrations.RunPython.noop),
        AddConstraintNotValid(
            "ticket",
            models.CheckConstraint(
                condition=models.Q(("priority__in", [1, 2, 3, 4])), name="ticket_priority_is_known"
            ),
        ),
        ValidateConstraint("ticket", "ticket_priority_is_known"),
        AddConstraintNotValid(
            "ticket",
            models.CheckConstraint(
                condition=models.Q(("tags__len__lte", 20)), name="ticket_has_twenty_tags_at_most"
            ),
        ),
        ValidateConstraint("ticket", "ticket_has_twenty_tags_at_most"),
        AddConstraintNotValid(
            "ticket",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("waiting_on", None), ("waiting_since", None)),
                    models.Q(("waiting_on__isnull", False), ("waiting_since__isnull", False)),
                    _connector="OR",
                ),
                name="ticket_waits_since_a_time",
            ),
        ),
        ValidateConstraint("ticket", "ticket_waits_since_a_time"),
        AddConstraintNotValid(
            "ticket",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "closed"), _negated=True),
                    ("snoozed_until", None),
                    _connector="OR",
                ),
                name="closed_ticket_is_not_snoozed",
            ),
        ),
        ValidateConstraint("ticket", "closed_ticket_is_not_snoozed"),
        AddConstraintNotValid(
            "ticket",
            models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    models.Q(
                        ("status", "closed"),
                        models.Q(("merged_into", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="merged_ticket_is_closed",
            ),
        ),
        ValidateConstraint("ticket", "merged_ticket_is_closed"),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY ticket_is_opened_once"
                    " ON tickets_historyentry (ticket_id) WHERE event = 'opened'",
                    "DROP INDEX CONCURRENTLY ticket_is_opened_once",
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY each_change_of_state_happens_once",
                    "CREATE UNIQUE INDEX CONCURRENTLY each_change_of_state_happens_once"
                    " ON tickets_historyentry (ticket_id, event)"
                    " WHERE event IN ('opened', 'taken', 'closed')",
                ),
            ],
            [
                migrations.AddConstraint(
                    "historyentry",
                    models.UniqueConstraint(
                        fields=["ticket"],
                        condition=models.Q(event="opened"),
                        name="ticket_is_opened_once",
                    ),
                ),
                migrations.RemoveConstraint("historyentry", "each_change_of_state_happens_once"),
            ],
        ),
    ]
