"""Uploads under an `Idempotency-Key`: a repeat stores neither rows nor bytes."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from operators.models import IdempotencyKey
from tests.operators.changes import KEY
from tests.responses import error_of
from tickets.files import store, uploads
from tickets.models import Attachment, Blob, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]


def upload(
    client: APIClient, ticket: Ticket, *contents: bytes, boundary: str = "b", key: str = KEY
) -> Any:
    files = [SimpleUploadedFile("a.bin", content) for content in contents]
    return client.generic(
        "POST",
        f"/mgs/requests/{ticket.pk}/files/",
        encode_multipart(boundary, {"file": files}),  # type: ignore[arg-type]
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Idempotency-Key": key},
    )


def test_a_repeated_upload_stores_nothing(
    api: APIClient, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = upload(api, ticket, b"one" * 50_000, b"two")
    stored = list(Blob.objects.order_by("pk").values())
    monkeypatch.setattr(uploads, "store_files", lambda files: pytest.fail("stored again"))

    second = upload(api, ticket, b"one" * 50_000, b"two")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert Attachment.objects.count() == 2
    assert list(Blob.objects.order_by("pk").values()) == stored
    error_of(upload(api, ticket, b"one" * 50_000, b"tw0"), 422, "key_of_another_request")


@pytest.mark.parametrize("size", [1, 10, 65_530, 65_536, 200_000])
def test_a_form_with_another_boundary_is_the_same_upload(
    api: APIClient, ticket: Ticket, size: int
) -> None:
    first = upload(api, ticket, b"-" * size, boundary="0" * 32)

    second = upload(api, ticket, b"-" * size, boundary="f" * 33)

    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.json() == first.json()
    error_of(upload(api, ticket, b"-" * (size + 1)), 422, "key_of_another_request")


def test_an_upload_that_is_too_large_is_413_and_not_kept(
    api: APIClient, ticket: Ticket, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100

    error_of(upload(api, ticket, b"x" * 300_000), 413, "payload_too_large")

    assert (Attachment.objects.count(), Blob.objects.count()) == (0, 0)
    assert not IdempotencyKey.objects.exists()
    assert upload(api, ticket, b"x" * 90).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_body_is_read_and_its_bytes_are_stored(
    api: APIClient, ticket: Ticket, files_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_transaction = []

    def store_outside(files: Any) -> None:
        in_transaction.append(connection.in_atomic_block)
        store.store_files(files)

    monkeypatch.setattr(uploads, "store_files", store_outside)

    assert upload(api, ticket, b"text").status_code == 201

    assert in_transaction == [False]
    assert [path.read_bytes() for path in files_folder.rglob("*") if path.is_file()] == [b"text"]
