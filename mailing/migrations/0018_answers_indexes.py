"""Several mails of one message under one Message-ID."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailing", "0017_answers")]

    operations = [
        ValidateConstraint("outboundemail", "outbound_is_held_by_a_message"),
        ValidateConstraint("outboundemail", "outbound_ends_unsent_for_a_reason"),
        AddIndexConcurrently(
            "outboundemail",
            models.Index(
                condition=models.Q(("message__isnull", False)),
                fields=["message"],
                name="outbound_by_message",
            ),
        ),
        AddIndexConcurrently(
            "outboundemail",
            models.Index(
                condition=models.Q(("inbox_before__isnull", False), ("state", "queued")),
                fields=["ticket"],
                name="outbound_may_be_crossed",
            ),
        ),
        # Not by AlterField, which checks the foreign key anew under a lock.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE mailing_outboundemail"
                    " DROP CONSTRAINT mailing_outboundemail_message_id_key",
                    "ALTER TABLE mailing_outboundemail"
                    " ADD CONSTRAINT mailing_outboundemail_message_id_key UNIQUE (message_id)",
                ),
            ],
            [
                migrations.AlterField(
                    model_name="outboundemail",
                    name="message",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbound_emails",
                        to="tickets.message",
                    ),
                ),
            ],
        ),
        # A constraint that takes over an index which was built without a lock.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY outbound_is_one_for_each_recipient"
                    " ON mailing_outboundemail (message_id_header, recipient)",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    "ALTER TABLE mailing_outboundemail"
                    " ADD CONSTRAINT outbound_is_one_for_each_recipient"
                    " UNIQUE USING INDEX outbound_is_one_for_each_recipient,"
                    " DROP CONSTRAINT outbound_message_id_is_unique",
                    "ALTER TABLE mailing_outboundemail"
                    " DROP CONSTRAINT outbound_is_one_for_each_recipient,"
                    " ADD CONSTRAINT outbound_message_id_is_unique UNIQUE (message_id_header)",
                ),
            ],
            [
                migrations.AddConstraint(
                    model_name="outboundemail",
                    constraint=models.UniqueConstraint(
                        fields=("message_id_header", "recipient"),
                        name="outbound_is_one_for_each_recipient",
                    ),
                ),
                migrations.RemoveConstraint("outboundemail", "outbound_message_id_is_unique"),
            ],
        ),
    ]
