"""Which stored bytes are purged, and that lost ones are written again."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from operators.models import Operator
from tests.tickets.requests import content_of, post_reply, upload_files
from tickets.files.store import purge_unused_files, read_file
from tickets.models import Attachment, Blob, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]

CONTENT = b"It stopped at noon."


def test_uploads_that_were_not_sent_within_a_day_are_purged(
    api: APIClient, operator: Operator, ticket: Ticket, files_folder: Path
) -> None:
    old, sent = upload_files(api, ticket, b"old", b"sent")
    post_reply(api, operator, ticket, files=[sent])
    Attachment.objects.update(created_at=timezone.now() - timedelta(hours=25))
    Blob.objects.update(wanted_at=timezone.now() - timedelta(hours=25))
    (fresh,) = upload_files(api, ticket, b"fresh")
    unfinished = files_folder / "spool" / "tmpabc"
    unfinished.write_bytes(b"half")

    assert purge_unused_files() == 1
    assert purge_unused_files() == 0

    assert set(Attachment.objects.values_list("pk", flat=True)) == {sent, fresh}
    stored = {path.read_bytes() for path in files_folder.rglob("*") if path.is_file()}
    assert stored == {b"sent", b"fresh", b"half"}
    assert not Attachment.objects.filter(pk=old).exists()


def test_bytes_that_are_stored_again_are_not_purged(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    upload_files(api, ticket, CONTENT)
    Attachment.objects.all().delete()
    Blob.objects.update(wanted_at=timezone.now() - timedelta(hours=25))
    upload_files(api, ticket, CONTENT)

    assert purge_unused_files() == 0

    assert b"".join(read_file(Blob.objects.get().sha256)) == CONTENT


def test_bytes_that_were_lost_are_written_again(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    upload_files(api, ticket, CONTENT)
    path = next(path for path in files_folder.rglob("*") if path.is_file())
    path.write_bytes(CONTENT[:5])

    (pk,) = upload_files(api, ticket, CONTENT)

    assert content_of(api.get(f"/mgs/requests/{ticket.pk}/files/{pk}/")) == CONTENT
