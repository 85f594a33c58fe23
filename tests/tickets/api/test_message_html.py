"""`GET /mgs/requests/{request_id}/mgs/{id}/html`: a message's HTML as a page."""

import base64
from functools import partial

import pytest
from rest_framework.test import APIClient

from tests.factories import MessageFactory
from tests.responses import error_of
from tests.tickets.images import PNG
from tickets.api import message_html
from tickets.exceptions import StoreUnavailable
from tickets.files.store import NewFile, attach_files, store_files
from tickets.models import Message

pytestmark = pytest.mark.usefixtures("files_folder")

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def url_of(message: Message) -> str:
    return f"/mgs/requests/{message.ticket_id}/mgs/{message.pk}/html"


def with_files(message: Message, **contents: bytes) -> Message:
    files = [
        NewFile(source=partial(list, [content]), name=f"{name}.png", content_id=name)
        for name, content in contents.items()
    ]
    store_files(files)
    attach_files([(message, files)])
    return message


def test_the_html_is_a_page_of_its_own(api: APIClient) -> None:
    message = MessageFactory.create(
        title="Принтер </title>",
        html='<p onclick="x()">С утра <b>не</b> печатает<script>x()</script>',
    )

    answer = api.get(url_of(message), headers={"accept": "text/html"})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = answer.content.decode()
    assert page.startswith('<!doctype html>\n<html><head><meta charset="utf-8">\n')
    assert page.endswith("<body>\n<p>С утра <b>не</b> печатает</p>\n</body></html>\n")
    assert "<title>Принтер &lt;/title&gt;</title>" in page
    assert "script" not in page.partition("<body>")[2]
    message.refresh_from_db()
    assert "<script>" in message.html  # stored as it came


def test_the_page_has_a_policy_of_its_own(api: APIClient) -> None:
    message = MessageFactory.create(html="<p>x</p>")

    headers = api.get(url_of(message)).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy.pop("style-src-elem").startswith("'sha256-")
    assert policy == {
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
        "default-src": "'none'",
        "img-src": "data:",
        "style-src-attr": "'unsafe-inline'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    expected = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-DNS-Prefetch-Control": "off",
        "Cache-Control": "private, no-store",
    }
    assert {name: headers.get(name) for name in expected} == expected


def test_inline_images_of_the_mail_are_part_of_the_page(api: APIClient) -> None:
    message = MessageFactory.create(
        html='<img src="cid:shot" alt="снимок"><img src="cid:drawing" alt="рисунок">'
        '<img src="cid:gone" alt="нет"><img src="cid:shot">'
    )
    with_files(message, shot=PNG, drawing=SVG)
    with_files(MessageFactory.create(html="x"), gone=PNG)  # another message's

    page = api.get(url_of(message)).content.decode()

    uri = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    body = page.partition("<body>\n")[2].partition("\n</body>")[0]
    assert body == f'<img src="{uri}" alt="снимок">рисунокнет<img src="{uri}">'


def test_the_text_is_shown_while_the_storage_is_unavailable(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = MessageFactory.create(
        html='<p>Вот:</p><img src="cid:a" alt="раз"><img src="cid:b" alt="два">'
    )
    with_files(message, a=PNG, b=PNG + b"x")
    reads = []

    def fail(sha256: str) -> None:
        reads.append(sha256)
        raise StoreUnavailable

    monkeypatch.setattr(message_html, "read_file", fail)

    page = api.get(url_of(message)).content.decode()

    assert "<body>\n<p>Вот:</p>раздва\n</body>" in page
    assert len(reads) == 1  # a storage that hangs costs its timeout once


def test_the_text_is_shown_in_place_of_html_that_is_too_complex(api: APIClient) -> None:
    message = MessageFactory.create(text="Привет,\n<b>мир</b>", html="<div>" * 100_000)

    page = api.get(url_of(message)).content.decode()

    assert "<body>\n<pre>\nПривет,\n&lt;b&gt;мир&lt;/b&gt;</pre>\n</body>" in page


def test_the_page_needs_an_operators_token(client: APIClient, db: None) -> None:
    message = MessageFactory.create(html="<p>x</p>")

    answer = client.get(url_of(message), headers={"accept": "text/html"})

    error_of(answer, 401, "not_authenticated")


def test_an_unknown_message_or_one_without_html_is_404(api: APIClient) -> None:
    message = MessageFactory.create(html="<p>x</p>")
    other = MessageFactory.create(html="")

    for url in (
        f"/mgs/requests/{other.ticket_id}/mgs/{message.pk}/html",  # of another ticket
        url_of(other),  # without HTML
        f"/mgs/requests/{message.ticket_id}/mgs/0/html",
        f"/mgs/requests/{message.ticket_id}/mgs/{10**30}/html",
        f"/mgs/requests/{10**30}/mgs/{message.pk}/html",
    ):
        error_of(api.get(url, headers={"accept": "text/html"}), 404, "not_found")
