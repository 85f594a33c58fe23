"""What becomes of the files in a mail."""

import hashlib
import quopri
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import InboundEmail
from tests.inbox import process_inbox, store_mail
from tests.sample_files import PDF, PNG
from tickets.files import store
from tickets.models import Attachment, Blob, Message, Ticket

pytestmark = pytest.mark.django_db


def mail_with(*parts: tuple[bytes, str, str]) -> EmailMessage:
    """Return a mail with attachments of (bytes, type, name)."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ivan@example.com", "desk@x.example", "Files"
    mail.set_content("See the files.")
    for content, kind, name in parts:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read(sha: str) -> bytes:
    return b"".join(store.read_file(sha))


def test_attachments_are_stored_and_shown_with_their_message(
    api: APIClient, files_folder: Path
) -> None:
    store_mail(raw=mail_with((PDF, "application/pdf", "Счёт № 5.pdf"), (PNG, "text/html", "a.png")))

    process_inbox()

    message = Message.objects.get()
    shown = api.get(f"/mgs/requests/{message.ticket_id}/mgs/").json()["results"][0]
    first, second = shown["files"]
    assert first == {
        "id": first["id"],
        "name": "Счёт № 5.pdf",
        "type": "application/pdf",
        "claimed_type": "application/pdf",
        "size": len(PDF),
        "sha256": sha256(PDF),
        "content_id": "",
        "url": f"http://testserver/mgs/requests/{message.ticket_id}/files/{first['id']}/",
    }
    assert (second["type"], second["claimed_type"]) == ("image/png", "text/html")
    assert b"".join(api.get(first["url"])) == PDF
    assert b"".join(api.get(second["url"])) == PNG
    assert message.text == "See the files."


def test_the_same_bytes_lie_in_the_store_once(files_folder: Path) -> None:
    for sender in ("a@example.com", "b@example.com"):
        mail = mail_with((PDF, "application/pdf", "one.pdf"), (PDF, "application/pdf", "two.pdf"))
        mail.replace_header("From", sender)
        store_mail(sender, raw=mail)

    process_inbox()

    assert Attachment.objects.count() == 4
    assert Blob.objects.get().sha256 == sha256(PDF)
    assert [path.name for path in files_folder.rglob("*") if path.is_file()] == [sha256(PDF)]


def test_an_image_that_the_html_shows_is_inline_and_one_that_it_does_not_is_not(
    files_folder: Path,
) -> None:
    mail = EmailMessage()
    mail["From"] = "ivan@example.com"
    mail.set_content("text")
    mail.add_alternative('<p>See <img src="cid:shown%40x"></p>', subtype="html")
    page = mail.get_payload()[1]  # type: ignore[index]
    page.add_related(PNG, "image", "png", cid="<shown@x>")  # type: ignore[union-attr]
    page.add_related(PDF, "image", "gif", cid="<lost@x>")  # type: ignore[union-attr]
    store_mail(raw=mail)

    process_inbox()

    rows = Attachment.objects.order_by("position").values_list(
        "content_id", "is_inline", "position", "blob_id"
    )
    assert list(rows) == [
        ("shown@x", True, 0, sha256(PNG)),
        ("lost@x", False, 1, sha256(PDF)),
    ]
    assert "cid:shown%40x" in Message.objects.get().html


def test_a_calendar_and_an_attached_message_are_files(files_folder: Path) -> None:
    inner = b"From: a@b.example\nSubject: inner\n\nText\n"
    calendar = b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"
    store_mail(
        raw=b"From: ivan@example.com\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nHello\n"
        b"--b\nContent-Type: text/calendar\n\n" + calendar + b"\n"
        b"--b\nContent-Type: message/rfc822\n\n" + inner + b"\n--b--\n"
    )

    process_inbox()

    rows = Attachment.objects.order_by("position").values_list("name", "claimed_type", "blob_id")
    assert list(rows) == [
        ("invite.ics", "text/calendar", sha256(calendar)),
        ("message.eml", "message/rfc822", sha256(inner)),
    ]


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable"])
def test_a_text_files_lines_end_as_they_did_in_the_mail(files_folder: Path, encoding: str) -> None:
    content = "имя;сумма\r\nИван;5\r\n".encode()
    encoded = quopri.encodestring(content) if encoding == "quoted-printable" else content
    store_mail(
        raw=b"From: ivan@example.com\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\nHello\r\nyou\r\n--b\r\nContent-Type: text/csv; name=a.csv\r\n"
        b"Content-Transfer-Encoding: "
        + encoding.encode()
        + b"\r\n\r\n"
        + encoded
        + b"\r\n--b--\r\n"
    )

    process_inbox()

    assert Attachment.objects.get().blob_id == sha256(content)
    assert Message.objects.get().text == "Hello\nyou"


def test_a_uuencoded_block_is_a_file_and_stays_in_the_text(files_folder: Path) -> None:
    store_mail(
        raw=b"From: ivan@example.com\n\nBefore\n\nbegin 644 cat.txt\n"
        b"#0V%T\n`\nend\n\nAfter, begin 644 of nothing\n"
    )

    process_inbox()

    file = Attachment.objects.get()
    assert (file.name, read(file.blob_id)) == ("cat.txt", b"Cat")
    text = Message.objects.get().text
    assert text.startswith("Before\n\nbegin 644 cat.txt\n#0V%T\n`\nend\n\nAfter")


@pytest.mark.slow
def test_a_body_too_long_to_be_shown_is_a_file_too(files_folder: Path) -> None:
    body = b"0123456789abcde\n" * 70_000
    store_mail(raw=b"From: ivan@example.com\n\n" + body)

    process_inbox()

    assert Attachment.objects.get().blob_id == sha256(body)
    assert len(Message.objects.get().text) == 1_000_000


def test_a_bounce_stores_no_files(files_folder: Path) -> None:
    store_mail(
        raw=b"From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: Undelivered\n"
        b"MIME-Version: 1.0\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nSorry\n"
        b"--b\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; x@y.z\nAction: failed\nStatus: 5.1.1\n"
        b"\n--b--\n"
    )

    process_inbox()

    assert InboundEmail.objects.get().state == InboundEmail.State.IGNORED
    assert (Blob.objects.count(), list(files_folder.rglob("*"))) == (0, [])


def test_a_store_that_cannot_be_written_keeps_the_mail_waiting_and_loses_nothing(
    files_folder: Path,
) -> None:
    files_folder.parent.mkdir(exist_ok=True)
    files_folder.write_text("a file where the folder should be")
    row = store_mail(raw=mail_with((PDF, "application/pdf", "a.pdf")))
    other = store_mail("eva@example.com", raw=b"From: eva@example.com\n\nNo file\n")

    waits = []
    for _ in range(5):  # more often than a mail at fault may fail
        InboundEmail.objects.filter(pk=row.pk).update(next_attempt_at=None)
        now = timezone.now()
        process_inbox()
        row.refresh_from_db()
        assert row.next_attempt_at is not None
        waits.append(round((row.next_attempt_at - now).total_seconds() / 5))

    assert (row.state, row.attempts, row.store_failures) == (InboundEmail.State.RECEIVED, 0, 5)
    assert row.reason == "its files cannot be stored now"
    assert waits == [1, 2, 4, 8, 16]
    other.refresh_from_db()
    assert other.state == InboundEmail.State.PROCESSED
    assert Ticket.objects.count() == 1
    assert Attachment.objects.count() == 0

    files_folder.unlink()
    InboundEmail.objects.filter(pk=row.pk).update(next_attempt_at=None)
    process_inbox()

    row.refresh_from_db()
    assert row.state == InboundEmail.State.PROCESSED
    assert read(Attachment.objects.get(message=row.message).blob_id) == PDF


def test_a_store_that_becomes_full_in_the_middle_leaves_no_half_message(
    files_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = store_mail(raw=mail_with((PDF, "application/pdf", "a"), (PNG, "image/png", "b")))
    written: list[str] = []
    storage = storages["default"]
    save = storage.save

    def full_after_one(name: str, content: object) -> str:
        if written:
            raise OSError(28, "No space left on device")
        written.append(name)
        return save(name, content)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(storage, "save", full_after_one)
        process_inbox()

    row.refresh_from_db()
    assert (row.state, row.attempts, Message.objects.count()) == ("received", 0, 0)

    InboundEmail.objects.update(next_attempt_at=None)
    process_inbox()

    assert Message.objects.get().attachments.count() == 2
    assert {path.name for path in files_folder.rglob("*") if path.is_file()} == {
        sha256(PDF),
        sha256(PNG),
    }


def test_a_worker_that_dies_while_storing_costs_the_mail_no_try(
    files_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = store_mail(raw=mail_with((PDF, "application/pdf", "a")))
    seen: list[int] = []

    def look(*args: object) -> None:
        seen.append(InboundEmail.objects.get(pk=row.pk).attempts)

    monkeypatch.setattr(storages["default"], "save", look)
    process_inbox()

    row.refresh_from_db()
    assert (seen, row.attempts) == ([0], 1)
