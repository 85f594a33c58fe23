"""A charset label is believed until it cannot be true; each bad character becomes one U+FFFD."""

from __future__ import annotations

import base64

import pytest

from mailing.parsing import charsets
from mailing.parsing.message import parse

RUSSIAN = "Здравствуйте, не работает принтер на втором этаже."


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("windows-1253", "Καλημέρα".encode("cp1253") + b"\xff", "Καλημέρα\ufffd"),
        ("iso-8859-7", "Καλό".encode("iso8859-7") + b"\xff", "Καλό\ufffd"),
        ("windows-1255", "שלום ".encode("cp1255") + b"\xd9", "שלום \ufffd"),
        ("iso-8859-8", "שלום".encode("iso8859-8") + b"\xd9", "שלום\ufffd"),
        ("iso-8859-6", "مرحبا".encode("iso8859-6") + b"\xa1", "مرحبا\ufffd"),
        ("tis-620", "สวัสดี".encode("cp874") + b"\xfc", "สวัสดี\ufffd"),
        ("windows-1257", "ķēniņš".encode("cp1257") + b"\xa1", "ķēniņš\ufffd"),
        ("windows-1254", "şef ığ".encode("cp1254") + b"\x81", "şef ığ\ufffd"),
        ("windows-1250", "żółw".encode("cp1250") + b"\x81", "żółw\ufffd"),
        ("windows-1251", "Да".encode("cp1251") + b"\x98", "Да\ufffd"),
        ("iso-8859-1", "“Grüße”".encode("cp1252") + b"\x9d", "“Grüße”\ufffd"),
        ("windows-1252", "Grüß".encode("cp1252") + b"\x81", "Grüß\ufffd"),
        ("utf-8", "Да".encode() + b"\xff", "Да\ufffd"),
        ("utf-8", "Д".encode() + b"\xd0", "Д\ufffd"),
        ("utf-8", b"Hello \xff world", "Hello \ufffd world"),
    ],
)
def test_one_bad_byte_does_not_refute_the_label(label: str, data: bytes, text: str) -> None:
    assert charsets.decode(data, label) == text


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("gb2312", "关于订".encode("gbk") + b"\xb5", "关于订\ufffd"),
        ("gb2312", "您".encode("gbk") + b"\xb5\n100 hello", "您\ufffd\n100 hello"),
        ("gbk", "您好".encode("gbk") + b"\xff" + "打印机".encode("gbk"), "您好\ufffd打印机"),
        ("gb2312", "价格 5 ".encode("gbk") + b"\x80", "价格 5 €"),
        ("big5", "你好".encode("big5") + b"\xa3\xe1" + "再見".encode("big5"), "你好€再見"),
        ("big5", "你好".encode("big5") + b"\x80" + "我們的".encode("big5"), "你好\ufffd我們的"),
        ("euc-kr", "안녕".encode("cp949") + b"\xff" + "하".encode("cp949"), "안녕\ufffd하"),
        ("ks_c_5601-1987", "가".encode("cp949") + b"\xb0", "가\ufffd"),
        ("shift_jis", "日本".encode("cp932") + b"\x85\n" + "次".encode("cp932"), "日本\ufffd\n次"),
        ("shift_jis", "①㈱".encode("cp932") + b"\xfd", "①㈱\ufffd"),
        ("euc-jp", "見積".encode("euc_jp") + b"\xff" + "書".encode("euc_jp"), "見積\ufffd書"),
        ("euc-jp", "見積".encode("euc_jp") + b"\x8f\xa1\xa1", "見積\ufffd\u3000"),
    ],
)
def test_nothing_after_a_bad_double_byte_character_is_lost(
    label: str, data: bytes, text: str
) -> None:
    assert charsets.decode(data, label) == text


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("gb2312", b"caf\xe9", "café"),
        ("utf-8", b"Gr\xfc\xdfe", "Grüße"),
        ("utf-8", b"It\x92s", "It’s"),
        ("iso-8859-2", b"\x84x", "„x"),
        ("gb2312", RUSSIAN.encode("cp1251"), RUSSIAN),
        ("euc-kr", RUSSIAN.encode("koi8-r"), RUSSIAN),
        ("shift_jis", RUSSIAN.encode("cp1251"), RUSSIAN),
        ("utf-16", RUSSIAN.encode("cp1251"), RUSSIAN),
        ("windows-1253", "Привет".encode(), "Привет"),
    ],
)
def test_a_label_under_which_all_fails_is_left(label: str, data: bytes, text: str) -> None:
    assert charsets.decode(data, label) == text


@pytest.mark.parametrize("text", ["ÄÖÜ", "äöüß", "åäö ÅÄÖ", "\xa0\xa0\xa0\xa0\xa0é", "••••• – “”…"])
def test_short_western_text_is_read_by_its_label(text: str) -> None:
    assert charsets.decode(text.encode("cp1252"), "iso-8859-1") == text


@pytest.mark.parametrize("label", ["", "utf-8", "windows-1252", "gb2312", "utf-16be"])
@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_byte_order_mark_comes_before_all_labels(label: str, mark: str) -> None:
    assert charsets.decode("\ufeffПривет, ①".encode(mark), label) == "Привет, ①"


def test_a_byte_order_mark_before_another_charset_is_dropped() -> None:
    data = b"\xef\xbb\xbf" + RUSSIAN.encode("cp1251")

    assert charsets.decode(data, "windows-1251") == RUSSIAN


@pytest.mark.parametrize("label", ["", "utf-16", "utf-16le", "ucs-2", "utf-8", "us-ascii"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["Hello there", "Привет, мир и всем"])
def test_utf_16_without_a_mark_is_recognized(label: str, codec: str, text: str) -> None:
    assert charsets.decode(text.encode(codec), label) == text


@pytest.mark.parametrize("text", ["Hello there, this is plain", "Hi all", "Odd", "Привет, мир!"])
def test_utf_8_under_the_label_of_utf_16_is_read(text: str) -> None:
    assert charsets.decode(text.encode(), "utf-16") == text


def test_chinese_utf_16_of_ascii_bytes_is_believed() -> None:
    assert charsets.decode("你好".encode("utf-16-be"), "utf-16be") == "你好"


def test_a_cut_subject_and_text_are_read() -> None:
    word = base64.b64encode("关于订".encode("gbk") + b"\xb5").decode()
    raw = b"From: a@b.example\nSubject: =?gb2312?B?%s?=\n" % word.encode()
    raw += b"Content-Type: text/plain; charset=gb2312\n\n" + "关于订".encode("gbk") + b"\xb5"

    mail = parse(raw)

    assert (mail.subject, mail.text) == ("关于订\ufffd", "关于订\ufffd")


def test_text_longer_than_the_sample_of_detection_is_recognized() -> None:
    text = "a" + "您好，打印机坏了" * 1_000

    assert charsets.decode(text.encode("gbk")) == text


@pytest.mark.slow
@pytest.mark.parametrize("label", ["gb2312", "big5", "euc-jp", "euc-kr", "iso-2022-jp", "utf-16"])
@pytest.mark.parametrize("unit", [b"\x80", b"\xa1\xff", b"\x1b$B!", b"\x1b$B!!\n", b"\x8f\xa1\xa1"])
def test_more_bad_characters_than_are_repaired_one_by_one_decode(label: str, unit: bytes) -> None:
    text = charsets.decode(unit * (500_000 // len(unit)), label)

    assert 0 < len(text) <= 500_000
