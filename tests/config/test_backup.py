"""What a backup holds, and that a damaged backup is refused before anything is changed."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files import storage  # not what pytest would open while it collects
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from config import backup
from tests import processes, requester_mail
from tests.concurrency import at_once
from tests.factories import TicketFactory
from tests.processes import wait_until
from tickets.files import store
from tickets.files.store import NewFile
from tickets.models import Blob, Ticket

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CONTENT = b"It stopped at noon."


@pytest.fixture
def blob(settings: Settings, tmp_path: Path) -> Blob:
    """Return the bytes of a file in a message, in a store of the test's own."""
    settings.FILES_ROOT = str(tmp_path / "files")
    storage_setting = settings.STORAGES["default"]
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**storage_setting, "OPTIONS": {"location": settings.FILES_ROOT}},
    }
    new = NewFile(source=lambda: [CONTENT], name="log.txt")
    store.store_files([new])
    ticket: Ticket = TicketFactory.create()
    message = requester_mail.add_message(
        ticket=ticket, title="Log", text="See it.", written_at=ticket.created_at, files=[new]
    )
    return message.attachments.get().blob


@pytest.fixture
def archive(blob: Blob, tmp_path: Path) -> Path:
    target = tmp_path / "backups" / "one.tar"
    call_command("backup", str(target))
    return target


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]  # files all


def write_archive(path: Path, parts: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def test_a_backup_holds_the_dump_the_files_and_a_manifest(archive: Path, blob: Blob) -> None:
    parts = members(archive)

    assert set(parts) == {"database.dump", f"files/{blob.pk}", "manifest.json"}
    assert parts["database.dump"].startswith(b"PGDMP")
    assert parts[f"files/{blob.pk}"] == CONTENT
    manifest = json.loads(parts["manifest.json"])
    assert manifest["files"] == {blob.pk: len(CONTENT)}
    assert backup.check(archive) == manifest
    assert archive.stat().st_mode & 0o777 == 0o600
    assert list(archive.parent.iterdir()) == [archive]


def test_files_that_are_stored_during_the_backup_are_not_in_it(
    blob: Blob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = backup.run_postgres_program

    def dump_late(*arguments: str) -> None:
        at_once([lambda: store.store_files([NewFile(source=lambda: [b"later"], name="later.txt")])])
        run(*arguments)

    monkeypatch.setattr(backup, "run_postgres_program", dump_late)
    target = tmp_path / "one.tar"
    call_command("backup", str(target))

    assert Blob.objects.count() == 2
    assert list(json.loads(members(target)["manifest.json"])["files"]) == [blob.pk]


def test_a_backup_overwrites_nothing(archive: Path) -> None:
    before = archive.read_bytes()

    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(archive))

    assert archive.read_bytes() == before


def change_file(parts: dict[str, bytes]) -> None:
    name = next(name for name in parts if name.startswith("files/"))
    parts[name] = b"x" * len(parts[name])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (change_file, "is damaged; nothing was changed"),
        (lambda parts: parts.update({"database.dump": b"PGDMP"}), "database.dump in"),
        (lambda parts: parts.pop("manifest.json"), "is cut off or no backup"),
        (lambda parts: parts.update({"files/more": b"x"}), "files/more in"),
        (lambda parts: parts.pop("database.dump"), "database.dump in"),
        (lambda parts: parts.update({"manifest.json": b"{"}), "cannot be read as a backup"),
        (lambda parts: parts.update({"manifest.json": b"[]"}), "is cut off or no backup"),
        (lambda parts: parts.update({"manifest.json": b'{"format": 1}'}), "is cut off or no"),
        (
            lambda parts: parts.update({"manifest.json": b'{"format": 1, "database": []}'}),
            "is cut off or no backup",
        ),
    ],
)
def test_a_damaged_archive_is_refused(
    archive: Path, tmp_path: Path, damage: Any, message: str
) -> None:
    parts = members(archive)
    damage(parts)

    with pytest.raises(CommandError, match=message):
        call_command("restore", str(write_archive(tmp_path / "damaged.tar", parts)))


def test_a_folder_that_cannot_be_written_is_reported(blob: Blob, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match=r"The backup cannot be written: .*file"):
        call_command("backup", str(tmp_path / "file" / "one.tar"))


@pytest.mark.slow
def test_a_terminated_backup_leaves_nothing_behind(tmp_path: Path, settings: Settings) -> None:
    target, files_folder = tmp_path / "backups" / "one.tar", tmp_path / "files"
    env = processes.environment(FILES_ROOT=str(files_folder))
    command = [sys.executable, "manage.py", "backup", str(target)]

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tickets_ticket IN ACCESS EXCLUSIVE MODE")  # pg_dump waits
        with subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=env, stderr=subprocess.PIPE
        ) as backing_up:
            wait_until(lambda: list(files_folder.glob("*/database.dump")) != [])
            backing_up.terminate()
            assert backing_up.wait(20) == 1

    assert list(target.parent.iterdir()) == []
    assert list(files_folder.iterdir()) == []


def test_a_database_that_is_not_empty_is_refused(archive: Path) -> None:
    tickets = Ticket.objects.count()

    with pytest.raises(CommandError, match="is not empty; restore into a new one"):
        call_command("restore", str(archive))

    assert Ticket.objects.count() == tickets


def test_a_file_that_is_gone_or_damaged_ends_the_backup(blob: Blob, tmp_path: Path) -> None:
    path = Path(storage.default_storage.path(store.storage_name(blob.pk)))
    target = tmp_path / "two.tar"
    path.write_bytes(b"x" * len(CONTENT))
    with pytest.raises(CommandError, match="in the store is damaged"):
        call_command("backup", str(target))
    path.unlink()
    with pytest.raises(CommandError, match="is not in the store"):
        call_command("backup", str(target))

    assert not target.exists()
    assert not list(tmp_path.glob(".two.tar*"))


def test_with_a_bucket_the_files_are_not_in_the_backup(
    blob: Blob, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.FILES_S3_BUCKET = "desk-files"
    target = tmp_path / "three.tar"

    call_command("backup", str(target))

    assert "its files lie in the bucket desk-files and are not in it" in capsys.readouterr().err
    assert set(members(target)) == {"database.dump", "manifest.json"}
