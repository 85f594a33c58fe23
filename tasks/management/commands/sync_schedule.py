"""Put the schedule into the database, at every deploy."""

from typing import Any

from django.core.management.base import BaseCommand

from mailing.monitoring import heartbeats
from tasks import schedule


class Command(BaseCommand):
    help = "Add beat's missing entries; what an administrator changed stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        added = schedule.sync()
        heartbeats.record_start()  # they are started next
        self.stdout.write(f"Added: {', '.join(added)}" if added else "The schedule is complete.")
