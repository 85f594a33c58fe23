"""The index for the order by `waiting_since` holds closed tickets, too, whose value is null."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0017_search_indexes")]

    operations = [
        RemoveIndexConcurrently("ticket", "ticket_by_status_waiting"),
        AddIndexConcurrently(
            "ticket",
            models.Index("status", "waiting_since", "id", name="ticket_by_status_waiting"),
        ),
    ]
