"""Images of HTML: within it, by their address, by a bare Content-ID or by a file's name."""

from __future__ import annotations

import base64
import time

import pytest

from mailing.parsing import data_images, image_references
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import files_of, multipart

PNG = b"\x89PNG\r\n\x1a\n-not-really"
ENCODED = base64.b64encode(PNG).decode()


def related(html: str, *image_fields: str, html_fields: str = "") -> bytes:
    image = "\n".join(
        ["Content-Type: image/png", *image_fields, "Content-Transfer-Encoding: base64"]
    )
    return multipart(
        "related", f"Content-Type: text/html\n{html_fields}\n{html}", f"{image}\n\n{ENCODED}"
    )


def shown_ids(raw: bytes) -> list[str]:
    """Return the content ids of the files that the HTML shows."""
    shown = image_references.find_shown_content_ids(parse(raw).html)
    return [content_id for _, _, content_id, _ in files_of(raw) if content_id in shown]


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("logo.png", "Content-Location: logo.png"),
        ("images/logo.png", "Content-Location: images/logo.png"),
        ("http://a.example/l.png", "Content-Location: http://a.example/l.png"),
        (
            "http://a.example/l.png?a=1&amp;b=2",
            "Content-Location:\n http://a.example/l.png?a=1&b=2",
        ),
        ("image001.png", "Content-ID: <image001.png>"),
        ("image001.png@01DA", "Content-ID: <image001.png@01DA>"),
        ("image001.png", 'Content-Disposition: inline; filename="image001.png"'),
        ("IMAGE001.PNG", 'Content-Disposition: attachment; filename="image001.png"'),
        ("my%20logo.png", 'Content-Disposition: inline; filename="my logo.png"'),
        ("image001_files/image001.png", "Content-Disposition: inline; filename=image001.png"),
        ("file:///C:/Users/a/image001.png", "Content-Disposition: inline; filename=image001.png"),
        ("cid:image001.png", "Content-Disposition: inline; filename=image001.png"),
        ("cid:pic@x", "Content-ID: <pic@x>"),
    ],
)
@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_an_image_is_found_by_any_name_that_its_part_has(
    source: str, field: str, quote: str
) -> None:
    raw = related(f"<p>See</p><img alt=a src={quote}{source}{quote}><p>end</p>", field)

    assert len(shown_ids(raw)) == 1
    assert len(files_of(raw)) == 1
    assert parse(raw).html.endswith("<p>end</p>")


def test_a_relative_source_is_resolved_by_the_location_of_the_html() -> None:
    raw = related(
        '<img src="img/logo.png">',
        "Content-Location: http://a.example/news/img/logo.png",
        html_fields="Content-Location: http://a.example/news/index.html\n",
    )

    assert len(shown_ids(raw)) == 1


@pytest.mark.parametrize(
    "source", ["http://evil.example/logo.png", "other.png", "cid:other", "http://[", ""]
)
def test_other_sources_stay_as_they_are(source: str) -> None:
    html = f'<img src="{source}">'
    raw = related(html, "Content-Disposition: inline; filename=logo.png")

    assert parse(raw).html == html
    assert shown_ids(raw) == []


@pytest.mark.parametrize(
    "attribute",
    [
        f'src="data:image/png;base64,{ENCODED}"',
        f"SRC = ' data:image/png;charset=x;BASE64, {ENCODED[:9]}\n {ENCODED[9:]}'",
        f"src=data:image/png;base64,{ENCODED.replace('+', '%2B').replace('=', '%3D')}",
        f'src="data:;base64,{ENCODED}"',
    ],
)
def test_an_image_within_the_html_is_a_file_that_it_shows(attribute: str) -> None:
    raw = (
        f"From: a@b.example\nContent-Type: text/html\n\n<p>a</p><img {attribute}><p>b</p>".encode()
    )

    assert len(shown_ids(raw)) == 1
    assert [content for *_, content in files_of(raw)] == [PNG]
    assert parse(raw).html.endswith("><p>b</p>")
    assert "base64" not in parse(raw).html.lower()


def test_the_words_behind_a_large_image_are_not_lost() -> None:
    image = base64.b64encode(b"i" * 9_000_000).decode()
    html = f'<p>Before</p><img src="data:image/png;base64,{image}"><p>After</p>'

    mail = parse(f"From: a@b.example\nContent-Type: text/html\n\n{html}".encode())

    assert mail.text.split() == ["Before", "After"]
    assert mail.html.endswith("<p>After</p>")


@pytest.mark.parametrize(
    "unit", [b"src=" + b" " * 30, b'<img src="data:image/png;base64,', b"src=data:image/png;a"]
)
def test_images_are_looked_for_in_linear_time(unit: bytes) -> None:
    began = time.process_time()

    data_images.take_images(unit * (4_000_000 // len(unit)))

    assert time.process_time() - began < 5


@pytest.mark.slow
def test_long_references_do_not_make_the_html_grow_without_bounds() -> None:
    raw = related(
        "<img src=a.png>" * 100_000, f"Content-Location: a.png\nContent-ID: <{'é' * 250}>"
    )

    assert len(parse(raw).html) <= 2_000_000


@pytest.mark.parametrize("unit", ["<img ", '<img src="', "<img" + " " * 500 + "src "])
def test_references_are_looked_for_in_linear_time(unit: str) -> None:
    began = time.process_time()

    parse(related(unit * (1_900_000 // len(unit)), "Content-Location: a.png"))

    assert time.process_time() - began < 5
