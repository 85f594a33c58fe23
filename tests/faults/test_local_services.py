"""Kill the embedded services of a local run and start them again."""

import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis

from config.local.errors import LocalError
from config.local.processes.ports import free_ports
from config.local.services.mail_server import SIZE_LIMIT_BYTES, MailServer
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey
from tests.database import connect
from tests.servers import Server

pytestmark = pytest.mark.slow


def query(postgres: Postgres, statement: str) -> list[tuple[object, ...]]:
    with closing(connect(postgres.env())) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_killed_postgres_starts_again_with_its_data(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    postgres = Postgres(folder, port=free_ports(1)[0], password="it's % secret")
    server = Server(postgres)
    try:
        server.start()
        query(postgres, "CREATE TABLE kept AS SELECT 'Заявка' AS text")
        server.process.kill()

        server.start()
        rows = query(postgres, "SELECT text, upper(text), current_user FROM kept")

        assert rows == [("Заявка", "ЗАЯВКА", "servicedesk")]
    finally:
        server.stop()
        postgres.discard()
    assert not folder.exists()


def test_postgres_ends_with_a_killed_starter_and_starts_again(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path;"
            "from config.local.services.postgres import Postgres; from tests.servers import Server;"
            "postgres = Postgres(Path(sys.argv[1]), port=int(sys.argv[2]), password='secret');"
            "Server(postgres).start(); print('up', flush=True); time.sleep(60)",
            *(str(tmp_path / "data"), str(port)),
        ],
        stdout=subprocess.PIPE,
    )
    postgres = Postgres(tmp_path / "data", port=port, password="secret")
    server = Server(postgres)
    try:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"

        starter.kill()
        starter.wait()
        server.start()  # macOS: the leftover is stopped here

        assert query(postgres, "SELECT 1") == [(1,)]
    finally:
        starter.kill()
        starter.communicate()
        server.stop()
        postgres.discard()


def test_valkey_starts_with_a_damaged_file(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path / "a folder", port=free_ports(1)[0], password="secret")
    server = Server(valkey)
    client = redis.Redis.from_url(valkey.env()["CELERY_BROKER_URL"])
    try:
        server.start()
        client.set("kept", "1")
        server.stop()
        for damage in (b"*3\r\n$3\r\nSET\r\n$1", b"\0" * 4096 + b"damage"):
            file = next((valkey.folder / "appendonlydir").glob("*.incr.aof"))
            file.write_bytes(file.read_bytes() + damage)

            server.start()

            assert client.get("kept") == b"1"
            server.stop()
    finally:
        client.close()
        server.stop()


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    mail_server = MailServer(
        tmp_path / "mail", port=free_ports(1)[0], log=tmp_path / "mailserver.log"
    )
    server = Server(mail_server)
    server.start()
    try:
        yield mail_server
    finally:
        server.stop()
    assert server.process.exit_status() == 0


def test_the_mail_server_keeps_the_bytes_it_accepted(mail_server: MailServer) -> None:
    message = b"Subject: one\r\nX-Odd:\tvalue\r\n\r\n.dot\r\n\xff\xfe last\r\n"

    with smtplib.SMTP("127.0.0.1", mail_server.port) as smtp:
        smtp.sendmail("", ["a@example.com", "b@example.com"], message)

    (stored,) = (mail_server.maildir / "new").iterdir()
    assert stored.read_bytes() == (
        b"X-Envelope-From: <>\r\n"
        b"X-Envelope-To: <a@example.com>\r\n"
        b"X-Envelope-To: <b@example.com>\r\n" + message
    )
    assert list((mail_server.maildir / "tmp").iterdir()) == []


def test_the_mail_server_refuses_what_is_too_large(mail_server: MailServer) -> None:
    with smtplib.SMTP("127.0.0.1", mail_server.port) as smtp:
        smtp.ehlo()
        code, _answer = smtp.mail("a@example.com", [f"SIZE={SIZE_LIMIT_BYTES + 1}"])

    assert code == 552
    assert list((mail_server.maildir / "new").iterdir()) == []


def test_postgres_with_another_password_is_named(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    folder = tmp_path / "data"
    first = Postgres(folder, port=port, password="first")
    server = Server(first)
    try:
        server.start()

        with pytest.raises(LocalError, match="another password"):
            Postgres(folder, port=port, password="second").is_ready()
    finally:
        server.stop()
        first.discard()
