"""Priority, tags, turn, snooze, version and merges of tickets; participants, notes, drafts, templates."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0009_list_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.TextField(blank=True, verbose_name="title")),
                ("text", models.TextField(blank=True, verbose_name="text")),
                (
                    "files",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        db_default=models.Value(
                            [],
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
            ],
            options={
                "verbose_name": "draft",
                "verbose_name_plural": "drafts",
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                (
                    "history",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value([], models.JSONField()),
                        default=list,
                        verbose_name="history",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                (
                    "edited_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="edited at"),
                ),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.CharField(max_length=320, verbose_name="address")),
                (
                    "canonical_email",
                    models.CharField(max_length=320, verbose_name="address for matching"),
                ),
                ("name", models.CharField(blank=True, max_length=255, verbose_name="name")),
                (
                    "is_removed",
                    models.BooleanField(db_default=False, default=False, verbose_name="removed"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "participant",
                "verbose_name_plural": "participants",
            },
        ),
        migrations.CreateModel(
            name="ReplyTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("text", models.TextField(verbose_name="text")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "reply template",
                "verbose_name_plural": "reply templates",
            },
        ),
        migrations.AddField(
            model_name="historyentry",
            name="actor_email",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=320, verbose_name="by the address"
            ),
        ),
        migrations.AddField(
            model_name="historyentry",
            name="details",
            field=models.JSONField(blank=True, null=True, verbose_name="details"),
        ),
        migrations.AddField(
            model_name="historyentry",
            name="is_system",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="by the system"
            ),
        ),
        migrations.AddField(
            model_name="historyentry",
            name="version",
            field=models.IntegerField(blank=True, null=True, verbose_name="version"),
        ),
        migrations.AddField(
            model_name="message",
            name="sender_email",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=320,
                verbose_name="sender's address",
            ),
        ),
        migrations.AddField(
            model_name="requester",
            name="note",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="note"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="tickets.ticket",
                verbose_name="merged into",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="priority",
            field=models.SmallIntegerField(
                choices=[(1, "low"), (2, "normal"), (3, "high"), (4, "urgent")],
                db_default=2,
                default=2,
                verbose_name="priority",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="snoozed_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="snoozed until"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="tags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=50),
                blank=True,
                db_default=models.Value(
                    [],
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=50), size=None
                    ),
                ),
                default=list,
                size=None,
                verbose_name="tags",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="version",
            field=models.IntegerField(db_default=1, default=1, verbose_name="version"),
        ),
        migrations.AddField(
            model_name="ticket",
            name="waiting_on",
            field=models.CharField(
                blank=True,
                choices=[("operator", "operator"), ("requester", "requester")],
                max_length=9,
                null=True,
                verbose_name="waiting for",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="waiting_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="waiting since"),
        ),
        migrations.AlterField(
            model_name="historyentry",
            name="event",
            field=models.CharField(
                choices=[
                    ("opened", "opened"),
                    ("requester_wrote", "requester wrote"),
                    ("taken", "taken"),
                    ("operator_replied", "operator replied"),
                    ("closed", "closed"),
                    ("assigned", "assigned"),
                    ("reopened", "reopened"),
                    ("snoozed", "snoozed"),
                    ("woken", "woken"),
                    ("priority_changed", "priority changed"),
                    ("tags_changed", "tags changed"),
                    ("merged", "merged"),
                    ("unmerged", "unmerged"),
                    ("participant_added", "participant added"),
                    ("participant_removed", "participant removed"),
                    ("reply_held", "reply held"),
                    ("reply_withdrawn", "reply withdrawn"),
                    ("reply_released", "reply released"),
                    ("note_added", "note added"),
                    ("note_edited", "note edited"),
                    ("note_deleted", "note deleted"),
                    ("attention_changed", "attention changed"),
                ],
                max_length=32,
                verbose_name="event",
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="operator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="ticket",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.ticket",
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="ticket",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.ticket",
            ),
        ),
        migrations.AddField(
            model_name="participant",
            name="merged_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tickets.ticket",
            ),
        ),
        migrations.AddField(
            model_name="participant",
            name="ticket",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="participants",
                to="tickets.ticket",
            ),
        ),
        migrations.AddField(
            model_name="replytemplate",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(
                fields=("ticket", "operator"), name="one_draft_per_ticket_and_operator"
            ),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(fields=["ticket", "created_at", "id"], name="note_in_ticket"),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="note_has_a_text"
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["canonical_email", "ticket"], name="participant_by_address"),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(
                fields=("ticket", "canonical_email"), name="participant_is_in_a_ticket_once"
            ),
        ),
    ]
