"""Text in any charset, under a right, wrong or missing label."""

from __future__ import annotations

import pytest

from mailing.parsing import charset_labels, charsets
from mailing.parsing.message import parse

RUSSIAN = "Здравствуйте, не работает принтер на втором этаже."


@pytest.mark.parametrize("label", ["windows-1251", "cp-1251", "win-1251", "x-cp1251", '"CP1251"'])
def test_aliases_of_a_charset_are_known(label: str) -> None:
    assert charsets.decode(RUSSIAN.encode("cp1251"), label) == RUSSIAN


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("koi8-r", RUSSIAN),
        ("koi8-u", "Доброго дня! Не працює інтернет у офісі"),
        ("iso-8859-1", "Ça ne marche pas, déjà essayé"),
        ("iso-8859-2", "Zażółć gęślą jaźń"),
        ("iso-8859-15", "Preis: 5 €"),
        ("gb18030", "您好，打印机坏了"),
        ("shift_jis", "プリンターが動きません"),
        ("iso-2022-jp", "プリンターが動きません"),
        ("euc-kr", "프린터가 작동하지 않습니다"),
        ("utf-7", "Привет"),
        ("utf-16", "Привет"),
        ("windows-1255", "שלום"),
    ],
)
def test_labelled_charsets_are_decoded(charset: str, text: str) -> None:
    raw = b"From: a@b.example\nContent-Type: text/plain; charset=%s\n\n" % charset.encode()

    assert charsets.decode(text.encode(charset), charset) == text
    if charset != "utf-16":
        assert parse(raw + text.encode(charset)).text == text


@pytest.mark.parametrize(
    "label", ["", "us-ascii", "utf-8", "iso-8859-1", "unknown-8bit", "x-user-defined"]
)
@pytest.mark.parametrize("real", ["utf-8", "cp1251", "koi8-r", "iso-8859-5", "cp866"])
def test_russian_text_is_read_under_a_wrong_or_missing_label(label: str, real: str) -> None:
    assert charsets.decode(RUSSIAN.encode(real), label) == RUSSIAN


@pytest.mark.parametrize(
    ("label", "real"), [("windows-1251", "koi8-r"), ("koi8-r", "cp1251"), ("gb2312", "utf-8")]
)
def test_a_label_of_a_similar_charset_is_corrected(label: str, real: str) -> None:
    assert charsets.decode(RUSSIAN.encode(real), label) == RUSSIAN


@pytest.mark.parametrize("label", ["ucs-2", "iso-10646-ucs-2", "csUnicode", "unicodeFEFF"])
def test_under_a_name_of_ucs_2_the_bytes_decide(label: str) -> None:
    raw = b"From: a@b.example\nContent-Type: text/plain; charset=%s\n\n" % label.encode()

    assert parse(raw + b"Hello, my printer is broken").text == "Hello, my printer is broken"
    assert charsets.decode(RUSSIAN.encode(), label) == RUSSIAN


def test_a_label_means_the_superset_that_senders_use() -> None:
    assert charsets.decode("镕".encode("gb18030"), "gb2312") == "镕"
    assert charsets.decode("“q” €".encode("cp1252"), "iso-8859-1") == "“q” €"
    assert charsets.decode("똠".encode("cp949"), "ks_c_5601-1987") == "똠"


@pytest.mark.parametrize(
    "label", ["base64", "idna", "punycode", "unicode_escape", "rot13", "undefined", "mbcs", "\x00"]
)
def test_codecs_other_than_charsets_are_not_used(label: str) -> None:
    assert charset_labels.find_codec(label) == ""
    assert charsets.decode(b"plain \\u0041", label) == "plain \\u0041"


@pytest.mark.parametrize("data", [b"a\x00b", "a\x00b".encode("utf-7"), b"a\xed\xa0\x80b", b"+2AA-"])
def test_decoded_text_has_no_nul_and_no_lone_surrogate(data: bytes) -> None:
    for label in ("", "utf-8", "utf-7", "utf-16", "latin-1"):
        text = charsets.decode(data, label)
        assert "\x00" not in text
        text.encode("utf-8")
