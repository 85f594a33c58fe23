"""The indexes of the search, built after the rows are there, which takes far less time."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0016_fill_search")]

    operations = [
        AddIndexConcurrently(
            "searchrow",
            django.contrib.postgres.indexes.GinIndex(fields=["words"], name="ticket_words"),
        ),
        AddIndexConcurrently(
            "searchrow",
            django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("people__isnull", False)),
                fields=["people"],
                name="ticket_people",
                opclasses=["gin_trgm_ops"],
            ),
        ),
        # Not in the model's state, because it is on a function of the database.
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY requester_by_people ON tickets_requester"
            " USING gin (tickets_people(email, name) gin_trgm_ops)",
            "DROP INDEX CONCURRENTLY requester_by_people",
        ),
    ]
