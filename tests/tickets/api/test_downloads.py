"""`GET /mgs/requests/{request_id}/files/{file_id}/`: a file, whole or in part."""

import hashlib
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import TicketFactory
from tests.responses import error_of
from tests.tickets.requests import content_of, post_reply, upload_files
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]

BYTES = bytes(range(256)) * 40


def test_a_download_is_an_attachment_that_no_browser_opens_in_place(
    api: APIClient, ticket: Ticket
) -> None:
    page = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    (pk,) = upload_files(api, ticket, page, name="стр\r\n\u202e.html")
    path = f"/mgs/requests/{ticket.pk}/files/{pk}/"

    answer = api.get(path, headers={"accept": "image/png"})

    assert (answer.status_code, content_of(answer)) == (200, page)
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
    (pk,) = upload_files(api, ticket, BYTES)

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/", headers={"range": header})

    assert (answer.status_code, content_of(answer)) == (206, BYTES[start:end])
    assert answer["Content-Range"] == f"bytes {start}-{end - 1}/10240"
    assert answer["Content-Length"] == str(end - start)


@pytest.mark.parametrize("header", ["bytes=10240-", "bytes=99999-100000", "bytes=-0"])
def test_a_range_without_bytes_is_416(api: APIClient, ticket: Ticket, header: str) -> None:
    (pk,) = upload_files(api, ticket, BYTES)

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/", headers={"range": header})

    error_of(answer, 416, "range_not_satisfiable")
    assert answer["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize("header", ["bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "?"])
def test_a_malformed_or_multiple_range_is_answered_with_the_whole_file(
    api: APIClient, ticket: Ticket, header: str
) -> None:
    (pk,) = upload_files(api, ticket, BYTES)

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/", headers={"range": header})

    assert (answer.status_code, content_of(answer)) == (200, BYTES)


def test_if_range_and_if_none_match_compare_the_etag(api: APIClient, ticket: Ticket) -> None:
    (pk,) = upload_files(api, ticket, BYTES)
    path = f"/mgs/requests/{ticket.pk}/files/{pk}/"
    etag = api.get(path)["ETag"]

    same = api.get(path, headers={"range": "bytes=5-9", "if-range": etag})
    other = api.get(path, headers={"range": "bytes=5-9", "if-range": '"x"'})
    unchanged = api.get(path, headers={"if-none-match": etag})

    assert (same.status_code, content_of(same)) == (206, BYTES[5:10])
    assert (other.status_code, content_of(other)) == (200, BYTES)
    assert unchanged.status_code == 304


def test_an_empty_file_is_downloaded_and_sent(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    (pk,) = upload_files(api, ticket, b"", name="empty.txt")

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/")

    assert (answer.status_code, answer["Content-Length"], content_of(answer)) == (200, "0", b"")
    assert post_reply(api, operator, ticket, files=[pk]).status_code == 201


def test_a_download_of_lost_bytes_is_503(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    (pk,) = upload_files(api, ticket, BYTES)
    next(path for path in files_folder.rglob("*") if path.is_file()).unlink()

    answer = api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/")

    assert error_of(answer, 503, "unavailable")
