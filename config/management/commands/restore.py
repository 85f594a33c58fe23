"""`manage.py restore`: restore a backup into an empty database."""

import shutil
import signal
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import backup


class Command(BaseCommand):
    help = "Restore a backup from a file, or from standard input with -, into an empty database."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source")

    def handle(self, *args: Any, **options: Any) -> None:
        # On SIGTERM remove what was unpacked.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            if options["source"] == "-":
                with tempfile.NamedTemporaryFile(dir=backup.spool_folder()) as spool:
                    shutil.copyfileobj(sys.stdin.buffer, spool)
                    spool.flush()
                    manifest = backup.restore(Path(spool.name))
            else:
                manifest = backup.restore(Path(options["source"]))
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"The backup cannot be unpacked: {error}. The database is as empty as before."
            ) from error
        self.stdout.write(
            f"Restored the backup of {manifest['made_at']}, {len(manifest['files'])} files. Start "
            "the service: it brings the database up to date, and sends what was queued then."
        )
