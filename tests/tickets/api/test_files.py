"""Upload, send and download files."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from operators.models import Operator
from tests.conftest import client_of
from tests.factories import MessageFactory, OperatorFactory, TicketFactory
from tests.responses import error_of
from tests.sample_files import PDF
from tickets.files import store
from tickets.models import Attachment, Blob, Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]

TEXT = bytes(range(256)) * 40


@pytest.fixture
def ticket(operator: Operator) -> Ticket:
    return MessageFactory.create().ticket


def upload(api: APIClient, ticket: Ticket, *contents: bytes, name: str = "a.bin") -> Any:
    sent = [SimpleUploadedFile(name, content, "text/x-claimed") for content in contents]
    return api.post(f"/mgs/requests/{ticket.pk}/files/", {"file": sent}, format="multipart")


def uploaded(api: APIClient, ticket: Ticket, *contents: bytes, name: str = "a.bin") -> list[int]:
    answer = upload(api, ticket, *contents, name=name)
    assert answer.status_code == 201, answer.content
    return [one["id"] for one in answer.json()]


def send(api: APIClient, ticket: Ticket, operator: Operator, **more: Any) -> Any:
    content = {
        "title": "Re",
        "description": "Here you are",
        "recipient_mail": ticket.requester.email,
        "operator_id": operator.pk,
        **more,
    }
    return api.post(f"/mgs/requests/{ticket.pk}/mgs/create", content, format="json")


def body(answer: Any) -> bytes:
    return b"".join(answer)


def test_an_upload_is_answered_with_its_files(api: APIClient, ticket: Ticket) -> None:
    answer = upload(api, ticket, PDF, TEXT, name="Отчёт.pdf")

    assert answer.status_code == 201
    first, second = answer.json()
    assert first == {
        "id": first["id"],
        "name": "Отчёт.pdf",
        "type": "application/pdf",
        "claimed_type": "text/x-claimed",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "content_id": "",
        "url": f"http://testserver/mgs/requests/{ticket.pk}/files/{first['id']}/",
    }
    assert second["sha256"] == hashlib.sha256(TEXT).hexdigest()
    assert body(api.get(first["url"])) == PDF


def test_uploaded_files_are_sent_in_the_order_of_their_ids(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    one, two, three = uploaded(api, ticket, PDF, TEXT, PDF)

    answer = send(api, ticket, operator, files=[three, one])

    assert answer.status_code == 201
    assert [file["id"] for file in answer.json()["files"]] == [three, one]
    shown = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"][-1]
    assert [file["id"] for file in shown["files"]] == [three, one]
    assert Attachment.objects.get(pk=two).message is None


def test_only_ones_own_waiting_files_of_this_request_can_be_sent(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    colleague = client_of(OperatorFactory.create())
    (theirs,) = uploaded(colleague, ticket, PDF)
    (elsewhere,) = uploaded(api, MessageFactory.create().ticket, PDF)
    (sent,) = uploaded(api, ticket, PDF)
    assert send(api, ticket, operator, files=[sent]).status_code == 201
    (good,) = uploaded(api, ticket, PDF)

    for wrong in (theirs, elsewhere, sent, 10**9):
        answer = send(api, ticket, operator, files=[good, wrong])
        assert error_of(answer, 400, "invalid")["fields"] == {
            "files": [f"Среди ваших неотправленных файлов этого обращения нет: {wrong}."]
        }

    assert error_of(send(api, ticket, operator, files=[good, good]), 400, "invalid")["fields"] == {
        "files": ["Каждый файл — только один раз."]
    }
    assert Message.objects.filter(sender_type="operator").count() == 1
    assert Attachment.objects.get(pk=good).message is None


def test_an_upload_needs_a_token_a_request_and_a_file(api: APIClient, ticket: Ticket) -> None:
    path = f"/mgs/requests/{ticket.pk}/files/"

    assert error_of(upload(APIClient(), ticket, PDF), 401, "not_authenticated")
    assert api.post("/mgs/requests/999999/files/").status_code == 404
    assert (
        "file" in error_of(api.post(path, {"x": "y"}, format="multipart"), 400, "invalid")["fields"]
    )
    assert api.post(path, {"file": "text"}, format="multipart").status_code == 400
    assert api.post(path, {"file": "text"}, format="json").status_code == 415
    assert api.post(path, b"nonsense", content_type="multipart/form-data").status_code == 400
    assert Attachment.objects.count() == 0


def test_a_claimed_type_may_be_anything(api: APIClient, ticket: Ticket) -> None:
    content = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a\0/../b.txt"\r\n'
        b"Content-Type: text/\0" + b"x" * 700 + b"\r\n\r\nText\r\n--b--\r\n"
    )

    answer = api.generic(
        "POST",
        f"/mgs/requests/{ticket.pk}/files/",
        content,  # type: ignore[arg-type]  # bytes are taken as they are
        content_type="multipart/form-data; boundary=b",
    )

    assert answer.status_code == 201, answer.content
    (file,) = answer.json()
    assert (file["size"], file["type"], len(file["claimed_type"])) == (4, "text/plain", 255)
    assert file["name"].startswith("b")


@pytest.mark.parametrize("contents", [[b"x" * 101], [b"x" * 60, b"y" * 60], [b"z" * 300_000]])
def test_more_bytes_than_a_message_takes_are_refused(
    api: APIClient, ticket: Ticket, settings: Settings, files_folder: Path, contents: list[bytes]
) -> None:
    settings.UPLOAD_MAX_BYTES = 100

    error = error_of(upload(api, ticket, *contents), 413, "payload_too_large")

    assert error == {
        "code": "payload_too_large",
        "message": "Файлы слишком велики: в одном сообщении помещается 100 байт.",
        "fields": {},
    }
    assert (Attachment.objects.count(), Blob.objects.count(), files_folder.exists()) == (
        0,
        0,
        False,
    )


def test_more_files_than_a_message_takes_are_refused(
    api: APIClient, operator: Operator, ticket: Ticket, settings: Settings
) -> None:
    settings.UPLOAD_MAX_FILES = 2
    settings.UPLOAD_MAX_BYTES = 100

    error = error_of(upload(api, ticket, b"1", b"2", b"3"), 413, "payload_too_large")
    assert error["message"] == (
        "Слишком много файлов: в одном сообщении их может быть не больше 2."
    )

    ids = [*uploaded(api, ticket, b"1", b"2"), *uploaded(api, ticket, b"3")]
    assert error_of(send(api, ticket, operator, files=ids), 413, "payload_too_large")
    large = [*uploaded(api, ticket, b"1" * 90), *uploaded(api, ticket, b"2" * 90)]
    assert error_of(send(api, ticket, operator, files=large), 413, "payload_too_large")
    assert send(api, ticket, operator, files=ids[:2]).status_code == 201


def test_a_store_that_is_full_is_told_and_leaves_nothing(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    files_folder.write_text("a file where the folder should be")

    answer = upload(api, ticket, PDF)

    assert error_of(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "30"
    assert Attachment.objects.count() == 0
    files_folder.unlink()
    assert upload(api, ticket, PDF).status_code == 201


def test_a_download_is_for_saving(api: APIClient, ticket: Ticket) -> None:
    page = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    (pk,) = uploaded(api, ticket, page, name="стр\r\n\u202e.html")
    path = f"/mgs/requests/{ticket.pk}/files/{pk}/"

    answer = api.get(path, headers={"accept": "image/png"})

    assert (answer.status_code, body(answer)) == (200, page)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith('attachment; filename="')
    assert answer["Content-Disposition"].isprintable()
    assert answer["Content-Length"] == str(len(page))
    assert answer["ETag"] == f'"{hashlib.sha256(page).hexdigest()}"'
    assert error_of(APIClient().get(path), 401, "not_authenticated")
    assert api.get(f"/mgs/requests/{TicketFactory.create().pk}/files/{pk}/").status_code == 404
    assert api.get(f"/mgs/requests/{ticket.pk}/files/999999/").status_code == 404


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, 10_240),
        ("bytes=-100", 10_140, 10_240),
        ("bytes=10239-", 10_239, 10_240),
        ("bytes=10000-99999", 10_000, 10_240),
        ("bytes=-99999", 0, 10_240),
    ],
)
def test_a_range_is_answered_with_its_bytes(
    api: APIClient, ticket: Ticket, header: str, start: int, end: int
) -> None:
    (pk,) = uploaded(api, ticket, TEXT)

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/", headers={"range": header})

    assert (answer.status_code, body(answer)) == (206, TEXT[start:end])
    assert answer["Content-Range"] == f"bytes {start}-{end - 1}/10240"
    assert answer["Content-Length"] == str(end - start)


@pytest.mark.parametrize("header", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_without_bytes_is_416(api: APIClient, ticket: Ticket, header: str) -> None:
    (pk,) = uploaded(api, ticket, TEXT)

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/", headers={"range": header})

    error_of(answer, 416, "range_not_satisfiable")
    assert answer["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize("header", ["bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "?"])
def test_what_is_no_single_range_is_answered_with_the_whole(
    api: APIClient, ticket: Ticket, header: str
) -> None:
    (pk,) = uploaded(api, ticket, TEXT)

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/", headers={"range": header})

    assert (answer.status_code, body(answer)) == (200, TEXT)


def test_a_range_goes_on_only_with_the_same_bytes(api: APIClient, ticket: Ticket) -> None:
    (pk,) = uploaded(api, ticket, TEXT)
    path = f"/mgs/requests/{ticket.pk}/files/{pk}/"
    etag = api.get(path)["ETag"]

    same = api.get(path, headers={"range": "bytes=5-9", "if-range": etag})
    other = api.get(path, headers={"range": "bytes=5-9", "if-range": '"x"'})
    unchanged = api.get(path, headers={"if-none-match": etag})

    assert (same.status_code, body(same)) == (206, TEXT[5:10])
    assert (other.status_code, body(other)) == (200, TEXT)
    assert unchanged.status_code == 304


def test_an_empty_file_is_a_file(api: APIClient, operator: Operator, ticket: Ticket) -> None:
    (pk,) = uploaded(api, ticket, b"", name="empty.txt")

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/")

    assert (answer.status_code, answer["Content-Length"], body(answer)) == (200, "0", b"")
    assert send(api, ticket, operator, files=[pk]).status_code == 201


def test_bytes_that_are_gone_are_an_error_and_no_broken_file(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    (pk,) = uploaded(api, ticket, TEXT)
    next(path for path in files_folder.rglob("*") if path.is_file()).unlink()

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/")

    assert error_of(answer, 503, "unavailable")


def test_what_was_not_sent_within_a_day_is_purged(
    api: APIClient, operator: Operator, ticket: Ticket, files_folder: Path
) -> None:
    old, sent = uploaded(api, ticket, b"old", b"sent")
    send(api, ticket, operator, files=[sent])
    Attachment.objects.update(created_at=timezone.now() - timedelta(hours=25))
    Blob.objects.update(wanted_at=timezone.now() - timedelta(hours=25))
    (fresh,) = uploaded(api, ticket, b"fresh")
    leftover = files_folder / "spool" / "tmpabc"
    leftover.write_bytes(b"half")

    assert store.purge() == 1
    assert store.purge() == 0

    assert set(Attachment.objects.values_list("pk", flat=True)) == {sent, fresh}
    stored = {path.read_bytes() for path in files_folder.rglob("*") if path.is_file()}
    assert stored == {b"sent", b"fresh", b"half"}
    assert not Attachment.objects.filter(pk=old).exists()


def test_bytes_that_somebody_stores_again_are_not_purged(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    uploaded(api, ticket, PDF)
    Attachment.objects.all().delete()
    Blob.objects.update(wanted_at=timezone.now() - timedelta(hours=25))
    uploaded(api, ticket, PDF)

    assert store.purge() == 0

    assert b"".join(store.read(Blob.objects.get().sha256)) == PDF


def test_bytes_that_were_lost_are_written_again(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    uploaded(api, ticket, PDF)
    path = next(path for path in files_folder.rglob("*") if path.is_file())
    path.write_bytes(PDF[:5])

    (pk,) = uploaded(api, ticket, PDF)

    assert body(api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/")) == PDF


def test_a_quote_is_what_the_requester_wrote_last(api: APIClient, operator: Operator) -> None:
    first = MessageFactory.create(text="Старое")
    ticket = first.ticket
    moment = timezone.now().replace(year=2026, month=11, day=23, hour=9, minute=0)
    MessageFactory.create(
        ticket=ticket,
        number=2,
        text="Не печатает.\n\n> старая цитата\n",
        sender_name="Иван\nПетров",
        written_at=moment,
    )

    answer = send(api, ticket, operator, quote=True)

    assert answer.json()["text"] == (
        "Here you are\n\n"
        f"23 ноября 2026, 09:00 UTC, Иван Петров <{ticket.requester.email}> пишет:\n"
        "> Не печатает.\n>\n>> старая цитата"
    )
