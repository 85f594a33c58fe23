"""What a part is when its Content-Type is malformed or absent, or its content is no text."""

from __future__ import annotations

import base64
import gzip

import pytest

from mailing.parsing import content_types
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import files_of, multipart

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 4
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


def mail_with(header: str, content: bytes) -> bytes:
    """Return a mail with a text, and a part with this header and content."""
    encoded = base64.encodebytes(content).decode()
    separator = "\n" if header else ""
    part = f"{header}{separator}Content-Transfer-Encoding: base64\n\n{encoded}"
    return multipart("mixed", "\nSee the file.", part)


@pytest.mark.parametrize(
    "value",
    [
        'application/pdf; name="test.pdf"',
        'application/pdf, name="test.pdf"',
        'application/pdf name="test.pdf"',
        "application/pdf\tname=test.pdf",
        'application/pdf;; name="test.pdf";',
        '"application/pdf"; name="test.pdf"',
        "'application/pdf'; name=test.pdf",
        '"application/pdf; name=test.pdf"',
        "<application/pdf>; name=test.pdf",
        "application / pdf; name=test.pdf",
        "application/pdf (a document); name=test.pdf",
        "application/pdf/x; name=test.pdf",
        'Content-Type: application/pdf; name="test.pdf"',
        '=?utf-8?Q?application/pdf;_name=3D"test.pdf"?=',
        "=?utf-8?B?YXBwbGljYXRpb24vcGRm?=; name=test.pdf",
        "=?us-ascii?Q?application/pdf?=; =?us-ascii?Q?name=3Dtest.pdf?=",
        'name="test.pdf"',
        ' ; name="test.pdf"',
        'pdf; name="test.pdf"',
        'test.pdf; name="test.pdf"',
        '*/*; name="test.pdf"',
        '/; name="test.pdf"',
    ],
)
def test_a_malformed_type_is_repaired(value: str) -> None:
    raw = mail_with(f"Content-Type: {value}", PDF)

    assert files_of(raw) == [("test.pdf", "application/pdf", "", PDF)]
    assert parse(raw).text == "See the file."


@pytest.mark.parametrize(
    "header", ["", "Content-Type:", "Content-Type: document", "Content-Type: charset=utf-8"]
)
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (gzip.compress(b"x" * 50, mtime=0), "application/gzip"),
        (bytes(range(1, 256)) * 3, "application/octet-stream"),
    ],
)
def test_a_part_without_type_that_is_no_text_is_a_file(
    header: str, content: bytes, kind: str
) -> None:
    raw = mail_with(header, content)

    assert files_of(raw) == [("", kind, "", content)]
    assert parse(raw).text == "See the file."


@pytest.mark.parametrize(
    "value", ["text/plain", "text/plain; charset=utf-8", "text/html", "multipart/mixed"]
)
@pytest.mark.parametrize("disposition", ["", "\nContent-Disposition: inline; filename=a.png"])
def test_what_looks_binary_is_a_file_whatever_its_type(value: str, disposition: str) -> None:
    raw = mail_with(f"Content-Type: {value}{disposition}", PNG)

    (file,) = files_of(raw)
    assert file[3] == PNG
    assert parse(raw).text == "See the file."


def test_a_mail_that_is_nothing_but_a_text_file_is_read_and_has_the_file() -> None:
    fields = "Content-Type: text/plain\nContent-Disposition: attachment; filename=log.txt"
    raw = f"From: a@b.example\n{fields}\n\nIt failed.\n".encode()

    assert files_of(raw) == [("log.txt", "text/plain", "", b"It failed.\n")]
    assert parse(raw).text == "It failed."


def test_a_mail_that_is_nothing_but_a_file_is_a_file() -> None:
    encoded = base64.encodebytes(PDF).decode()
    raw = f"From: a@b.example\nContent-Transfer-Encoding: base64\n\n{encoded}".encode()

    assert files_of(raw) == [("", "application/pdf", "", PDF)]
    assert parse(raw).text == ""


@pytest.mark.parametrize("subtype", ["x-unknown", "plan", "vcard"])
def test_a_mail_that_is_text_of_an_unknown_kind_is_read_and_has_the_file(subtype: str) -> None:
    raw = f"From: a@b.example\nContent-Type: text/{subtype}\n\nIt failed.\n".encode()

    assert files_of(raw) == [("", f"text/{subtype}", "", b"It failed.\n")]
    assert parse(raw).text == "It failed."


def test_a_nameless_file_has_the_type_of_its_bytes() -> None:
    assert files_of(mail_with("Content-Type: text/plain", PNG)) == [("", "image/png", "", PNG)]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Content-Type:",
        "Content-Type: charset=utf-8",
        "Content-Type: plain",
        "Content-Type: text",
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "Добрый день",
        "Form\x0cfeed and \x1b[1mbold\x1b[0m and a bell \x07",
        "H\x08He\x08el\x08ll\x08lo\x08o",
        "%PDF is a format",
        "GIF89a is old",
        "BM",
    ],
)
def test_text_without_type_is_read(header: str, text: str) -> None:
    raw = mail_with(header, text.encode())

    assert files_of(raw) == []
    assert parse(raw).text.startswith("See the file.\n\n" + text[:4])


def test_html_without_type_is_read_as_html() -> None:
    page = b"<!DOCTYPE html><html><body><p>Hello</p></body></html>"

    assert "<p>Hello</p>" in parse(mail_with("Content-Type: html", page)).html


@pytest.mark.parametrize(
    "codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso-2022-kr", "hz", "utf-7", "koi8-r"]
)
def test_text_in_any_charset_is_no_binary(codec: str) -> None:
    text = "Hello 안녕하세요 and more" if codec == "iso-2022-kr" else "Hello, this is text"

    assert not content_types.is_binary(text.encode(codec), codec)
    assert not content_types.is_binary("Hello, this is text".encode(codec), "")


@pytest.mark.parametrize(
    "value",
    [
        'multipart/alternative boundary="x"',
        "multipart/alternative, boundary=x",
        '"multipart/alternative"; boundary="x"',
        '"multipart/alternative; boundary="x""',
        "=?utf-8?Q?multipart/alternative;_boundary=3Dx?=",
        'multipart/alternative; boundary="x',
        'multipart/alternative; boundary="x; charset="utf-8"',
        "multipart/alternative:boundary=x",
        "text/plain\nContent-Type: multipart/alternative; boundary=x",
    ],
)
def test_a_multipart_with_a_malformed_type_is_read(value: str) -> None:
    raw = multipart("mixed", "Content-Type: text/plain\n\nHi", "Content-Type: text/html\n\n<p>Hi")
    mail = parse(raw.replace(b'multipart/mixed; boundary="x"', value.encode()))

    assert (mail.text, mail.html.strip()) == ("Hi", "<p>Hi")


@pytest.mark.parametrize(
    "value",
    [b'boundary="x"', b"text/plain; boundary=x", b"text/html; boundary=x", b"a/b; boundary=x", b""],
)
def test_parts_are_read_whatever_type_the_whole_has(value: bytes) -> None:
    raw = multipart("mixed", "Content-Type: text/plain\n\nHello")

    assert parse(raw.replace(b'multipart/mixed; boundary="x"', value)).text == "Hello"


@pytest.mark.parametrize(
    "text",
    ["As raw:\n--x\nContent-Type: text/plain\n\nHi\n--x--", "--x and\n--y\nContent: no"],
)
def test_parts_within_a_text_are_text(text: str) -> None:
    assert parse(f"From: a@b.example\n\n{text}".encode()).text == text
    assert parse(f"From: a@b.example\nContent-Type: text/plain\n\n{text}".encode()).text == text


def test_a_text_with_control_characters_is_read() -> None:
    assert (
        parse(b"From: a@b.example\n\nDe\x01\x02ar te\x03\x04am").text == "De\x01\x02ar te\x03\x04am"
    )
