"""Index drafts by their last change, for the desk's question who is writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0020_seen_tickets")]

    operations = [
        AddIndexConcurrently(
            "draft", models.Index(fields=["updated_at"], name="draft_by_update")
        ),
    ]
