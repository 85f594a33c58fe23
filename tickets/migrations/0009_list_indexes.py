"""Indexes for the lists that begin with the status, instead of one for each order alone."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Left


def add(name, *columns):
    return AddIndexConcurrently("ticket", models.Index("status", *columns, "id", name=name))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0008_fill_requester_email")]

    operations = [
        add("ticket_by_status_title", Left("title", 100)),
        add("ticket_by_status_description", Left("description", 100)),
        add("ticket_by_status_creation", "created_at"),
        add("ticket_by_status_update", "updated_at"),
        add("ticket_by_status_email", "requester_email"),
        add("ticket_by_status_operator", "operator"),
        RemoveIndexConcurrently("ticket", "ticket_by_title"),
        RemoveIndexConcurrently("ticket", "ticket_by_description"),
        RemoveIndexConcurrently("ticket", "ticket_by_life_cycle"),
        RemoveIndexConcurrently("ticket", "ticket_by_creation"),
        # The foreign key's own index, of which ticket_by_operator holds all. Not by AlterField, which
        # checks the foreign key anew under a lock.
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY tickets_ticket_operator_id_0b04d321",
                    "CREATE INDEX CONCURRENTLY tickets_ticket_operator_id_0b04d321"
                    " ON tickets_ticket (operator_id)",
                )
            ],
            [
                migrations.AlterField(
                    "ticket",
                    "operator",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
