"""Mails so large that the webhook keeps them on disk: the same results as with small ones."""

import json
import os
from typing import Any

import pytest
from django.db import connection

from mailing.inbound import inbox
from mailing.models import InboundEmail
from mailing.webhook.request_body import Body, decode_base64url, decode_base64url_pieces
from tests.inbox import process_inbox
from tests.mail import build_mail
from tests.webhook import post_to_webhook, webhook_message
from tickets.models import Message

pytestmark = pytest.mark.django_db

# Of no round length, so that blocks begin anywhere.
LARGE = build_mail(text="") + b"".join(b"%07d\r\n" % number for number in range(350_001))


def results(content: Any) -> list[tuple[str, str]]:
    answer = post_to_webhook(content)
    assert answer.status_code == 202, answer.content
    return [(one["id"], one["status"]) for one in answer.json()["results"]]


def test_large_mails_are_stored_byte_for_byte_beside_small_ones() -> None:
    other = build_mail("eva@example.com") + os.urandom(3_000_000)
    messages = [
        webhook_message("m1", build_mail()),
        webhook_message("m2", LARGE),
        {"id": "m3", "raw": webhook_message("", LARGE)["raw"] + "!"},
        webhook_message("m4", other),
        webhook_message("m2", LARGE),
    ]

    assert results({"messages": messages}) == [
        ("m1", "accepted"),
        ("m2", "accepted"),
        ("m3", "rejected"),
        ("m4", "accepted"),
        ("m2", "duplicate"),
    ]

    rows = {row.external_id: row for row in InboundEmail.objects.all()}
    assert {key: bytes(row.raw or b"") for key, row in rows.items()} == {
        "m1": build_mail(),
        "m2": LARGE,
        "m4": other,
    }
    assert (rows["m2"].size, rows["m2"].requester_address) == (len(LARGE), "ivan@example.com")
    assert rows["m4"].requester_address == "eva@example.com"
    assert b"".join(inbox.read_raw(rows["m4"].pk)) == other
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_largeobject_metadata")
        assert cursor.fetchone() == (0,)


@pytest.mark.slow
def test_a_large_mail_becomes_a_message() -> None:
    results({"messages": [webhook_message("m1", LARGE)]})

    process_inbox()

    assert len(Message.objects.get().text) == 1_000_000


def test_long_values_of_the_original_form_are_whole() -> None:
    text = "A" * 1_500_000
    content = {"title": "B" * 900, "description": text, "user_email": "ivan@example.com"}

    assert results([content]) == [("msg_1:0", "accepted")]

    raw = bytes(InboundEmail.objects.get().raw or b"")
    assert raw.endswith(b"\r\n\r\n" + text.encode())


@pytest.mark.parametrize("text", ["", "QQ", "QUI", "QUJD", "QUJDRA==", "-_-_", "QUJD" * 100])
@pytest.mark.parametrize("cut", [1, 2, 3, 5, 64])
def test_base64_in_pieces_is_what_it_is_whole(text: str, cut: int) -> None:
    data = text.encode()
    pieces = [data[start : start + cut] for start in range(0, len(data), cut)]

    assert b"".join(decode_base64url_pieces(pieces)) == decode_base64url(data)


@pytest.mark.parametrize("text", [b"QQ=Q", b"Q", b"QQ==QQ==", b"QU JD", b"QUJ\n", b"\xff\xff"])
@pytest.mark.parametrize("cut", [1, 2, 3, 64])
def test_what_is_no_base64_is_none_in_pieces_either(text: bytes, cut: int) -> None:
    with pytest.raises(ValueError, match=r"base64url|padding"):
        list(decode_base64url_pieces(text[at : at + cut] for at in range(0, len(text), cut)))
    with pytest.raises(ValueError, match=r"base64url|padding"):
        decode_base64url(text)


def test_nobody_can_write_the_marks_of_what_was_cut_out() -> None:
    content = json.dumps({"raw": "A" * 2_000_000, "id": "x"}).encode()
    bodies = [Body([content]), Body([content])]

    skeletons = [body.skeleton() for body in bodies]

    assert skeletons[0] != skeletons[1]
    assert all(len(one) < 200_000 for one in skeletons)
    assert bodies[0].restore(json.loads(skeletons[0])["raw"]) == "A" * 2_000_000
