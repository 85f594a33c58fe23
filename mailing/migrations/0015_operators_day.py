"""Blocked addresses, and the mails that tell operators what happened."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mailing", "0014_needless_outbox_indexes"),
        ("tickets", "0014_tighten"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Block",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pattern", models.CharField(max_length=321, verbose_name="address or @domain")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "block",
                "verbose_name_plural": "blocks",
            },
        ),
        migrations.AddField(
            model_name="outboundemail",
            name="events",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                verbose_name="events",
            ),
        ),
        migrations.AddField(
            model_name="outboundemail",
            name="operator",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="outboundemail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("created", "received"),
                    ("in_progress", "taken into work"),
                    ("closed", "closed"),
                    ("reply", "operator's message"),
                    ("operator_notice", "new ticket, to an operator"),
                    ("operator_update", "what happened in a ticket, to an operator"),
                    ("address_changed", "another address, to an operator's old one"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.UniqueConstraint(fields=("pattern",), name="address_is_blocked_once"),
        ),
        # Not by AlterField, which checks the foreign keys anew under a lock.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "ALTER TABLE mailing_outboundemail ALTER ticket_id DROP NOT NULL,"
                    " ALTER history_entry_id DROP NOT NULL",
                    "ALTER TABLE mailing_outboundemail ALTER ticket_id SET NOT NULL,"
                    " ALTER history_entry_id SET NOT NULL",
                )
            ],
            [
                migrations.AlterField(
                    model_name="outboundemail",
                    name="history_entry",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbound_emails",
                        to="tickets.historyentry",
                    ),
                ),
                migrations.AlterField(
                    model_name="outboundemail",
                    name="ticket",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbound_emails",
                        to="tickets.ticket",
                    ),
                ),
            ],
        ),
        AddConstraintNotValid(
            "outboundemail",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("history_entry", None), ("kind", "address_changed"), ("ticket", None)
                    ),
                    models.Q(
                        ("history_entry", None),
                        ("kind", "operator_update"),
                        ("ticket__isnull", False),
                    ),
                    models.Q(
                        models.Q(
                            ("kind__in", ["address_changed", "operator_update"]), _negated=True
                        ),
                        ("history_entry__isnull", False),
                        ("ticket__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="outbound_is_about_a_ticket",
            ),
        ),
    ]
