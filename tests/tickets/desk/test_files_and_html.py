"""Files and the HTML of mail at the desk."""

from functools import partial
from typing import Any

import pytest
from django.test import Client

from tests.factories import MessageFactory, TicketFactory
from tests.sample_files import PNG
from tests.tickets.desk.pages import page_of, text_of
from tickets.files.store import NewFile, attach_files, store_files
from tickets.models import Attachment, Message, Ticket

pytestmark = pytest.mark.usefixtures("files_folder")

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def attach(message: Message, **contents: bytes) -> list[Attachment]:
    new = [
        NewFile(source=partial(list, [content]), name=name) for name, content in contents.items()
    ]
    store_files(new)
    attach_files([(message, new)])
    return list(message.attachments.order_by("position"))


def url_of(file: Attachment) -> str:
    return f"/desk/tickets/{file.ticket_id}/files/{file.pk}/"


def test_a_file_is_downloaded_as_by_the_api(desk: Client, ticket: Ticket) -> None:
    (file,) = attach(ticket.messages.get(), **{"снимок.png": PNG})

    answer: Any = desk.get(url_of(file))

    assert b"".join(answer.streaming_content) == PNG
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "kind", "policy"),
    [
        ("a.png", PNG, "image/png", "default-src 'none'; sandbox; frame-ancestors 'self'"),
        (
            "a.txt",
            ("Строка журнала\n" * 20).encode(),
            "text/plain; charset=utf-8",
            "default-src 'none'; sandbox; frame-ancestors 'self'",
        ),
        (
            "a.pdf",
            PDF,
            "application/pdf",
            "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; img-src data:; "
            "frame-ancestors 'self'",
        ),
    ],
)
def test_what_a_browser_shows_safely_is_shown(
    desk: Client, ticket: Ticket, name: str, content: bytes, kind: str, policy: str
) -> None:
    (file,) = attach(ticket.messages.get(), **{name: content})

    answer: Any = desk.get(f"{url_of(file)}?show")

    assert b"".join(answer.streaming_content) == content
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith("inline;")
    assert answer.headers["Content-Security-Policy"] == policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.svg", SVG), ("a.html", b"<!doctype html><script>alert(1)</script>"), ("a.bin", b"\0\1")],
)
def test_anything_else_is_only_downloaded(
    desk: Client, ticket: Ticket, name: str, content: bytes
) -> None:
    (file,) = attach(ticket.messages.get(), **{name: content})

    answer = desk.get(f"{url_of(file)}?show")

    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "html" not in answer.headers["Content-Type"]


def test_the_page_names_files_and_previews_them(desk: Client, ticket: Ticket) -> None:
    message = ticket.messages.get()
    image, _binary = attach(message, **{"снимок.png": PNG, "архив.bin": b"\0\1"})

    page = page_of(desk, f"/desk/tickets/{ticket.pk}/")

    text = text_of(page, f"message-{message.pk}")
    assert "снимок.png" in text
    assert "архив.bin" in text
    assert "70" in text  # bytes
    assert page.xpath("//img/@src") == [f"{url_of(image)}?show"]


def test_a_file_of_another_ticket_is_not_found(desk: Client, ticket: Ticket) -> None:
    (file,) = attach(ticket.messages.get(), **{"a.png": PNG})
    elsewhere = TicketFactory.create()

    assert desk.get(f"/desk/tickets/{elsewhere.pk}/files/{file.pk}/").status_code == 404


def test_files_and_html_are_for_who_is_signed_in(client: Client, ticket: Ticket) -> None:
    message = ticket.messages.get()
    (file,) = attach(message, **{"a.png": PNG})

    for url in (url_of(file), f"/desk/tickets/{ticket.pk}/messages/{message.pk}/html/"):
        assert client.get(url).status_code == 302


def test_remote_images_are_fetched_only_when_they_are_asked_for(
    desk: Client, ticket: Ticket
) -> None:
    message = MessageFactory.create(
        ticket=ticket, html='<p>Hello<img src="https://x.example/a.png" onerror="x()" alt="photo">'
    )
    url = f"/desk/tickets/{ticket.pk}/messages/{message.pk}/html/"

    without, shown = desk.get(url), desk.get(url, {"images": "1"})

    assert "x.example" not in without.content.decode()
    assert "img-src data:;" in without.headers["Content-Security-Policy"]
    assert '<img src="https://x.example/a.png" alt="photo">' in shown.content.decode()
    policy = shown.headers["Content-Security-Policy"]
    assert "img-src data: http: https:;" in policy
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; ")
    assert "default-src 'none'" in policy
    assert shown.headers["Referrer-Policy"] == "no-referrer"


def test_the_copy_that_is_measured_opens_nothing_and_fetches_nothing(
    desk: Client, ticket: Ticket
) -> None:
    source = '<p>Hi<img src="https://x.example/a.png" width="40"> <img src="HTTP://x.example/b">'
    message = MessageFactory.create(ticket=ticket, html=source)
    url = f"/desk/tickets/{ticket.pk}/messages/{message.pk}/html/"

    shown, copy, with_boxes = [
        desk.get(url + query) for query in ("", "?measure", "?measure&images=1")
    ]

    assert copy.content == shown.content
    assert b"x.example" not in with_boxes.content
    assert with_boxes.content.count(b'<img src="data:image/svg+xml,') == 2
    assert b' width="40">' in with_boxes.content
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; ")
    measured = policy.replace("allow-popups allow-popups-to-escape-sandbox", "allow-same-origin")
    assert copy.headers["Content-Security-Policy"] == measured
    assert with_boxes.headers["Content-Security-Policy"] == measured


def test_a_text_has_a_page_too(desk: Client, ticket: Ticket) -> None:
    message = MessageFactory.create(ticket=ticket, text="<b>", html="<p>x</p>")

    answer = desk.get(f"/desk/tickets/{ticket.pk}/messages/{message.pk}/html/?text")

    assert "<pre>\n&lt;b&gt;</pre>" in answer.content.decode()
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
