"""The charset that HTML names for itself counts after the part's label, and after the bytes."""

from __future__ import annotations

import pytest

from mailing.parsing.message import parse

RUSSIAN = "Здравствуйте, не работает принтер на втором этаже."
GERMAN = "Grüße aus Köln"


def read_html(source: bytes, content_type: str = "text/html") -> str:
    header = f"From: a@b.example\nContent-Type: {content_type}\n\n"
    return parse(header.encode() + source).text


@pytest.mark.parametrize(
    ("declared", "real", "text"),
    [
        ("utf-8", "cp1251", RUSSIAN),
        ("utf-8", "cp1252", GERMAN),
        ("windows-1251", "utf-8", RUSSIAN),
        ("iso-8859-1", "utf-8", GERMAN),
        ("iso-8859-1", "cp1251", RUSSIAN),
        ("koi8-r", "cp1251", RUSSIAN),
        ("gb2312", "cp1251", RUSSIAN),
        ("utf-16", "cp1251", RUSSIAN),
        ("utf-16", "utf-8", GERMAN),
        ("utf-32", "cp1252", GERMAN),
        ("iso-2022-jp", "cp932", "見積書を送ります"),
        ("shift_jis", "iso-2022-jp", "見積書を送ります"),
    ],
)
def test_a_meta_that_contradicts_the_bytes_is_not_believed(
    declared: str, real: str, text: str
) -> None:
    assert read_html(f'<meta charset="{declared}"><p>{text}</p>'.encode(real)) == text


@pytest.mark.parametrize(
    "start",
    [
        "<meta charset=big5>",
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=big5">',
        '<?xml version="1.0" encoding="big5"?>',
    ],
)
@pytest.mark.parametrize("label", ["", "us-ascii", "x-unknown", "utf-8"])
def test_a_declaration_in_html_counts_where_the_label_cannot_be_true(
    start: str, label: str
) -> None:
    source = f"{start}<p>你好，我們的帳單</p>".encode("big5")

    text = read_html(source, f"text/html; charset={label}" if label else "text/html")

    assert text == "你好，我們的帳單"


def test_a_true_label_comes_before_a_meta() -> None:
    source = '<meta charset="windows-1253"><p>Žluťoučký kůň</p>'.encode("cp1250")

    assert read_html(source, "text/html; charset=windows-1250") == "Žluťoučký kůň"


def test_a_charset_in_a_link_is_no_declaration() -> None:
    source = f'<a href="/?charset=koi8-r">{GERMAN}</a>'.encode("cp1252")

    assert read_html(source) == GERMAN


def test_a_bad_byte_does_not_refute_a_meta() -> None:
    source = '<meta charset="windows-1253"><p>Καλό'.encode("cp1253") + b"\xff</p>"

    assert read_html(source) == "Καλό\ufffd"
