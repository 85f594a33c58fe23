"""Indexes for priority, turn, snooze, merges and tags."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tickets", "0012_fill_turn_and_version")]

    operations = [
        AddIndexConcurrently(
            "ticket",
            models.Index(
                models.F("status"),
                models.F("priority"),
                models.F("id"),
                name="ticket_by_status_priority",
            ),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index("status", "waiting_since", "id", name="ticket_by_status_waiting"),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index(
                condition=models.Q(("waiting_on__isnull", False)),
                fields=["waiting_on", "waiting_since", "id"],
                name="ticket_by_turn",
            ),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index(
                condition=models.Q(("snoozed_until__isnull", False)),
                fields=["snoozed_until", "id"],
                name="ticket_snoozed",
            ),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["requester", "id"],
                name="ticket_merged_of_requester",
            ),
        ),
        AddIndexConcurrently(
            "ticket",
            models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="ticket_merged_into",
            ),
        ),
        AddIndexConcurrently(
            "ticket",
            GinIndex(
                condition=models.Q(("tags", []), _negated=True),
                fields=["tags"],
                name="ticket_by_tag",
            ),
        ),
    ]
