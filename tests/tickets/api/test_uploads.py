"""`POST /mgs/requests/{request_id}/files/`: upload files and send them with a reply."""

import hashlib
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from operators.models import Operator
from tests.conftest import client_of
from tests.factories import MessageFactory, OperatorFactory
from tests.responses import error_of
from tests.tickets.requests import content_of, post_files, post_reply, upload_files
from tickets.models import Attachment, Blob, Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
TEXT = bytes(range(256)) * 40


def test_an_upload_is_answered_with_its_files(api: APIClient, ticket: Ticket) -> None:
    answer = post_files(api, ticket, PDF, TEXT, name="Отчёт.pdf")

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
    assert content_of(api.get(first["url"])) == PDF


def test_uploaded_files_are_sent_in_the_order_of_their_ids(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    first, second, third = upload_files(api, ticket, PDF, TEXT, PDF)

    answer = post_reply(api, operator, ticket, files=[third, first])

    assert answer.status_code == 201
    assert [file["id"] for file in answer.json()["files"]] == [third, first]
    shown = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"][-1]
    assert [file["id"] for file in shown["files"]] == [third, first]
    assert Attachment.objects.get(pk=second).message is None


def test_an_operator_sends_only_unsent_uploads_of_their_own_to_this_ticket(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    colleague = client_of(OperatorFactory.create())
    (theirs,) = upload_files(colleague, ticket, PDF)
    (elsewhere,) = upload_files(api, MessageFactory.create().ticket, PDF)
    (sent,) = upload_files(api, ticket, PDF)
    assert post_reply(api, operator, ticket, files=[sent]).status_code == 201
    (good,) = upload_files(api, ticket, PDF)

    for wrong in (theirs, elsewhere, sent, 10**9):
        answer = post_reply(api, operator, ticket, files=[good, wrong])
        assert error_of(answer, 400, "invalid")["fields"] == {
            "files": [f"Среди ваших неотправленных файлов этого обращения нет: {wrong}."]
        }

    assert error_of(post_reply(api, operator, ticket, files=[good, good]), 400, "invalid")[
        "fields"
    ] == {"files": ["Каждый файл — только один раз."]}
    assert Message.objects.filter(sender_type="operator").count() == 1
    assert Attachment.objects.get(pk=good).message is None


def test_an_upload_needs_a_token_a_ticket_and_a_file(api: APIClient, ticket: Ticket) -> None:
    path = f"/mgs/requests/{ticket.pk}/files/"

    assert error_of(post_files(APIClient(), ticket, PDF), 401, "not_authenticated")
    assert api.post("/mgs/requests/999999/files/").status_code == 404
    without_file = api.post(path, {"x": "y"}, format="multipart")
    assert "file" in error_of(without_file, 400, "invalid")["fields"]
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

    error = error_of(post_files(api, ticket, *contents), 413, "payload_too_large")

    assert error == {
        "code": "payload_too_large",
        "message": "Файлы слишком велики: в одном сообщении помещается 100 байт.",
        "fields": {},
    }
    assert (Attachment.objects.count(), Blob.objects.count()) == (0, 0)
    assert not files_folder.exists()


def test_more_files_than_a_message_takes_are_refused(
    api: APIClient, operator: Operator, ticket: Ticket, settings: Settings
) -> None:
    settings.UPLOAD_MAX_FILES = 2
    settings.UPLOAD_MAX_BYTES = 100

    error = error_of(post_files(api, ticket, b"1", b"2", b"3"), 413, "payload_too_large")
    assert error["message"] == (
        "Слишком много файлов: в одном сообщении их может быть не больше 2."
    )

    ids = [*upload_files(api, ticket, b"1", b"2"), *upload_files(api, ticket, b"3")]
    assert error_of(post_reply(api, operator, ticket, files=ids), 413, "payload_too_large")
    large = [*upload_files(api, ticket, b"1" * 90), *upload_files(api, ticket, b"2" * 90)]
    assert error_of(post_reply(api, operator, ticket, files=large), 413, "payload_too_large")
    assert post_reply(api, operator, ticket, files=ids[:2]).status_code == 201


def test_an_upload_to_an_unavailable_storage_is_503_and_leaves_nothing(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    files_folder.write_text("a file where the folder should be")

    answer = post_files(api, ticket, PDF)

    assert error_of(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "30"
    assert Attachment.objects.count() == 0
    files_folder.unlink()
    assert post_files(api, ticket, PDF).status_code == 201
