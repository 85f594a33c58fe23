"""Two indexes of the outbox less, which no query used and each change of a mail wrote."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("mailing", "0013_message_ids_of_tickets"),
        ("tickets", "0001_initial"),
    ]

    # Not by AlterField, which builds the unique index anew and checks the foreign key under a lock.
    operations = [
        # For LIKE 'prefix%', which nobody asks: Message-IDs are compared with =.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE mailing_outboundemail RENAME CONSTRAINT"
                    " mailing_outboundemail_message_id_header_key TO outbound_message_id_is_unique",
                    "ALTER TABLE mailing_outboundemail RENAME CONSTRAINT"
                    " outbound_message_id_is_unique TO mailing_outboundemail_message_id_header_key",
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY mailing_outboundemail_message_id_header_39da4173_like",
                    "CREATE INDEX CONCURRENTLY"
                    " mailing_outboundemail_message_id_header_39da4173_like"
                    " ON mailing_outboundemail (message_id_header varchar_pattern_ops)",
                ),
            ],
            [
                migrations.AlterField(
                    "outboundemail",
                    "message_id_header",
                    models.CharField(max_length=255, verbose_name="Message-ID"),
                ),
                migrations.AddConstraint(
                    "outboundemail",
                    models.UniqueConstraint(
                        fields=["message_id_header"], name="outbound_message_id_is_unique"
                    ),
                ),
            ],
        ),
        # The foreign key's own index, of which one_mail_per_step_and_recipient holds all.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY mailing_outboundemail_history_entry_id_5f6dc76c",
                    "CREATE INDEX CONCURRENTLY mailing_outboundemail_history_entry_id_5f6dc76c"
                    " ON mailing_outboundemail (history_entry_id)",
                )
            ],
            [
                migrations.AlterField(
                    "outboundemail",
                    "history_entry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbound_emails",
                        to="tickets.historyentry",
                    ),
                ),
            ],
        ),
    ]
