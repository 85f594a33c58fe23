"""What a message shows of a mail besides its text: images of the HTML, and the signature."""

import base64
import hashlib
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from tests.inbox import process_inbox, store_mail
from tests.paths import MAIL
from tests.sample_files import PNG
from tickets.models import Attachment, Message

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("logo.png", "Content-Location: logo.png"),
        ("image001.png", 'Content-Disposition: inline; filename="image001.png"'),
        (f"data:image/png;base64,{base64.b64encode(PNG).decode()}", "X-Other: none"),
    ],
    ids=["location", "name", "data"],
)
def test_an_image_without_a_content_id_is_shown_and_listed(
    api: APIClient, files_folder: Path, source: str, field: str
) -> None:
    image = "" if source.startswith("data:") else base64.b64encode(PNG).decode()
    raw = (
        "From: ivan@example.com\nContent-Type: multipart/related; boundary=b\n\n"
        f'--b\nContent-Type: text/html\n\n<p>See <img src="{source}"></p>\n'
        f"--b\nContent-Type: image/png\n{field}\nContent-Transfer-Encoding: base64\n\n"
        f"{image}\n--b--\n"
    )
    store_mail(raw=raw.encode())

    process_inbox()

    shown = Attachment.objects.get(is_inline=True)
    assert shown.blob_id == hashlib.sha256(PNG).hexdigest()
    message = Message.objects.get()
    page = api.get(f"/mgs/requests/{message.ticket_id}/mgs/{message.pk}/html").content
    assert base64.b64encode(PNG) in page


def test_a_signed_mail_is_marked_as_not_verified(files_folder: Path) -> None:
    store_mail(raw=(MAIL / "smime_signed.eml").read_bytes())
    store_mail(raw=b"From: anna@example.com\n\nNot signed")

    process_inbox()

    signatures = Message.objects.order_by("pk").values_list("origin__signature", flat=True)
    assert list(signatures) == ["not verified", ""]
