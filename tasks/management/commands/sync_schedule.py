"""`manage.py sync_schedule`: complete beat's schedule in the database, at every deploy."""

from typing import Any

from django.core.management.base import BaseCommand

from mailing.monitoring import heartbeats
from tasks import schedule


class Command(BaseCommand):
    help = "Add beat's missing entries; entries that an administrator changed are kept."

    def handle(self, *args: Any, **options: Any) -> None:
        added = schedule.sync()
        heartbeats.record_start()  # beat and the workers are started next
        self.stdout.write(f"Added: {', '.join(added)}" if added else "The schedule is complete.")
