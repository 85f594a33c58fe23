"""`manage.py backup`: write the database and all files of messages into one file."""

import os
import signal
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import backup


class Command(BaseCommand):
    help = "Write a backup to a new file, or to standard output with -."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target")

    def handle(self, *args: Any, **options: Any) -> None:
        # On SIGTERM end pg_dump, and remove the incomplete file.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        try:
            if options["target"] == "-":
                manifest = backup.write(sys.stdout.buffer)
            else:
                manifest = _write_file(Path(options["target"]))
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The backup cannot be written: {error}.") from error
        if bucket := manifest["files_in_bucket"]:
            files = f"its files lie in the bucket {bucket} and are not in it"
        else:
            files = f"{len(manifest['files'])} files"
        self.stderr.write(f"Backup of {manifest['made_at']}: the database, {files}.")


def _write_file(target: Path) -> dict[str, Any]:
    """Write the complete backup or nothing, readable only by its owner."""
    if target.exists():
        raise backup.BackupError(f"{target} is there already; name another file.")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 600
    try:
        with os.fdopen(handle, "wb") as file:
            manifest = backup.write(file)
            file.flush()
            os.fsync(file.fileno())
        backup.check(Path(temporary))
        Path(temporary).rename(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return manifest
