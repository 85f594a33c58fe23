"""A backup of a running service, restored into an empty folder, is the same service."""

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from config.local.client import Api
from config.local.processes.supervisor import Supervisor
from config.local.stack import BASE_DIR, Stack, build
from tests.webhook import internal_date

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]

RAW = (
    b"From: ivan@example.com\r\nSubject: With a file\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"See the log.\r\n--b\r\nContent-Type: text/plain\r\n"
    b"Content-Disposition: attachment; filename=log.txt\r\n\r\nIt stopped at noon.\r\n--b--\r\n"
)


def command(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR, env=stack.env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def started(folder: Path, *, only: str = "") -> tuple[Stack, Supervisor]:
    stack = build(folder, port=None, configured={})
    parts = [part for part in stack.parts if only in ("", part.name)]
    supervisor = Supervisor(parts, say=lambda _line: None)
    supervisor.start()
    return stack, supervisor


def read_tickets(api: Api) -> list[Any]:
    """Return what an operator sees of tickets, messages and files."""
    tickets = api.call("GET", "/requests/user_requests/").body["results"]
    pages: list[Any] = [tickets]
    for ticket in tickets:
        page = api.call("GET", f"/mgs/requests/{ticket['request_id']}/mgs/").body["results"]
        for message in page:  # addresses begin with the port of this run
            message["files"] = [{**file, "url": ""} for file in message["files"]]
        pages.append(page)
    return pages


def test_a_backup_is_restored_into_an_empty_folder(tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar"
    token, before = back_up_a_running_service(tmp_path / "old", backup)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert_damaged_backups_are_refused(backup, tmp_path)

    stack, supervisor = started(tmp_path / "new", only="postgres")
    try:
        restored = command(stack, "restore", str(backup))
        assert restored.returncode == 0, restored.stderr
        assert "1 files" in restored.stdout
    finally:
        supervisor.stop()

    assert_the_restored_service_works(tmp_path / "new", token, before)


def back_up_a_running_service(folder: Path, backup: Path) -> tuple[str, list[Any]]:
    """Return a supervisor's token, and what it read from the service that was backed up."""
    stack, supervisor = started(folder)
    try:
        token = command(
            stack, "create_supervisor", "--operator-id", "1", "--name", "Anna"
        ).stdout.split()[-1]
        api = stack.api(token)
        post_mails(stack, m1=RAW, m2=b"From: a@example.com\r\n\r\nHi")
        assert supervisor.wait_until(
            lambda: len(api.call("GET", "/requests/user_requests/").body["results"]) == 2, 30
        )
        before = read_tickets(api)

        made = command(stack, "backup", str(backup))

        assert (made.returncode, made.stdout) == (0, "")
        assert "the database, 1 files" in made.stderr
        assert command(stack, "backup", str(backup)).returncode == 1
        assert "not empty" in command(stack, "restore", str(backup)).stderr
    finally:
        supervisor.stop()
    return token, before


def post_mails(stack: Stack, **mails: bytes) -> None:
    posted = [(name, internal_date(), raw) for name, raw in mails.items()]
    assert stack.api().post_mails(stack.env["WEBHOOK_SECRETS"], posted).status == 202


def assert_the_restored_service_works(folder: Path, token: str, before: list[Any]) -> None:
    stack, supervisor = started(folder)
    try:
        api = stack.api(token)
        assert read_tickets(api) == before
        files = list((folder / "files" / "sha256").rglob("?" * 64))
        assert [file.read_bytes() for file in files] == [b"It stopped at noon."]
        assert "log.txt" in str(before)
        post_mails(stack, m3=b"From: c@example.com\r\n\r\nNew")
        assert supervisor.wait_until(lambda: len(read_tickets(api)[0]) == 3, 30)
        assert {ticket["request_id"] for ticket in read_tickets(api)[0]} == {1, 2, 3}
    finally:
        supervisor.stop()


def assert_damaged_backups_are_refused(backup: Path, tmp_path: Path) -> None:
    """An archive that is cut off, altered or no archive at all changes nothing."""
    stack, supervisor = started(tmp_path / "empty", only="postgres")
    whole = backup.read_bytes()
    damaged = tmp_path / "damaged.tar"
    with tarfile.open(backup) as archive:
        dump = archive.getmember("database.dump")
    altered = bytearray(whole)
    altered[dump.offset_data + dump.size // 2] ^= 0xFF
    try:
        for content, reasons in [
            (whole[: len(whole) // 2], "cannot be read|cut off"),
            (bytes(altered), "database.dump in damaged.tar is damaged; nothing was changed"),
            (b"no archive", "cannot be read as a backup"),
            (b"", "cannot be read as a backup"),
        ]:
            damaged.write_bytes(content)
            refused = command(stack, "restore", str(damaged))
            assert refused.returncode == 1
            assert any(reason in refused.stderr for reason in reasons.split("|")), refused.stderr
        assert not (tmp_path / "empty" / "files" / "sha256").exists()
    finally:
        supervisor.stop()
