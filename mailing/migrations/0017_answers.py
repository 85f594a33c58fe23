"""Answers with copies, that go out later, and that are held or withdrawn."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mailing", "0016_operators_day_indexes"),
        ("tickets", "0019_entries_about_a_message"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboundemail",
            name="held_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.message",
            ),
        ),
        migrations.AddField(
            model_name="outboundemail",
            name="inbox_before",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), blank=True, null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="outboundemail",
            name="is_copy",
            field=models.BooleanField(db_default=False, default=False, verbose_name="copy"),
        ),
        migrations.AddField(
            model_name="outboundemail",
            name="send_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="send at"),
        ),
        migrations.AlterField(
            model_name="outboundemail",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("sending", "sending"),
                    ("sent", "sent"),
                    ("deferred", "deferred"),
                    ("uncertain", "uncertain"),
                    ("failed", "failed"),
                    ("suppressed", "suppressed"),
                    ("bounced", "bounced"),
                    ("held", "held"),
                    ("withdrawn", "withdrawn"),
                ],
                max_length=16,
                verbose_name="state",
            ),
        ),
        AddConstraintNotValid(
            "outboundemail",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "held"), _negated=True),
                    ("held_by__isnull", False),
                    _connector="OR",
                ),
                name="outbound_is_held_by_a_message",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="outboundemail", name="outbound_ends_unsent_for_a_reason"
        ),
        AddConstraintNotValid(
            "outboundemail",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["suppressed", "failed", "withdrawn"]), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="outbound_ends_unsent_for_a_reason",
            ),
        ),
    ]
