"""Let a message have entries for its holding, sending and withdrawing, too."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0018_answers")]

    # Not by AlterField, which checks the foreign key anew under a lock.
    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY message_is_stored_once"
                    " ON tickets_historyentry (message_id)"
                    " WHERE event IN ('opened', 'requester_wrote', 'operator_replied')",
                    "DROP INDEX CONCURRENTLY message_is_stored_once",
                ),
                migrations.RunSQL(
                    "ALTER TABLE tickets_historyentry"
                    " DROP CONSTRAINT tickets_historyentry_message_id_key",
                    "ALTER TABLE tickets_historyentry"
                    " ADD CONSTRAINT tickets_historyentry_message_id_key UNIQUE (message_id)",
                ),
            ],
            [
                migrations.AlterField(
                    model_name="historyentry",
                    name="message",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="history",
                        to="tickets.message",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="historyentry",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(
                            ("event__in", ["opened", "requester_wrote", "operator_replied"])
                        ),
                        fields=("message",),
                        name="message_is_stored_once",
                    ),
                ),
            ],
        ),
    ]
