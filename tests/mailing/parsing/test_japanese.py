"""EUC-JP and ISO-2022-JP with the characters of NEC and IBM, labelled or not, whole or damaged."""

from __future__ import annotations

import base64

import pytest

from mailing.parsing import charsets, double_byte
from mailing.parsing.message import parse


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xad\xa1\xad\xea\xbb\xb3\xc5\xc4", "①㈱山田"),
        (b"\xfc\xe2\xb6\xb6\xf9\xa1", "髙橋纊"),
        (b"\x8f\xf4\xfb\xb6\xb6\x8f\xf3\xf3", "髙橋ⅰ"),
        (b"\x8e\xb1\x8f\xb0\xa1\xa4\xa2", "ｱ丂あ"),
    ],
)
@pytest.mark.parametrize("label", ["euc-jp", "eucJP-ms", "eucJP-win", "cp51932", "x-euc-jp"])
def test_vendors_characters_of_euc_jp_are_read(label: str, data: bytes, text: str) -> None:
    assert charsets.decode(data, label) == text


def test_vendors_rows_have_the_same_characters_as_in_shift_jis() -> None:
    for row in (13, *range(89, 93)):
        for cell in range(1, 95):
            lead = (row + 1) // 2 + (0x80 if row < 63 else 0xC0)
            trail = cell + 0x3F + (cell >= 0x40) if row % 2 else cell + 0x9E
            text = double_byte.decode(bytes((row + 0xA0, cell + 0xA0)), "euc_jp")
            assert text == double_byte.decode(bytes((lead, trail)), "cp932")[0]


@pytest.mark.parametrize(
    "label", ["iso-2022-jp", "iso-2022-jp-ms", "cp50220", "", "utf-8", "ascii"]
)
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b$B-!-j;3ED\x1b(B \x1b$B-b\x1b(B5", "①㈱山田 №5"),
        (b"\x1b$@|b66\x1b(J", "髙橋"),
        (b"\x1b(I1234\x1b(B \x1b$B;3\x1b(J\\100\x1b(B", "ｱｲｳｴ 山¥100"),
        (b"\x1b$(D0!\x1b$B;3\x1b(B", "丂山"),
    ],
)
def test_vendors_characters_of_iso_2022_jp_are_read(label: str, data: bytes, text: str) -> None:
    assert charsets.decode(data, label) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b$B;3ED", "山田"),
        (b"\x1b$B;3E", "山\ufffd"),
        (b"\x1b$B;3ED\x1b(", "山田"),
        (b"\x1b$B;3ED\nHello and bye\n\x1b$B;3ED\x1b(B", "山田\nHello and bye\n山田"),
        (b"\x1b$B;3\nED\x1b(B ok", "山\n田 ok"),
        (b"\x1b$B;3ED\x1b(B\xff ok", "山田\ufffd ok"),
        (b"\x1b$B;3/!ED\x1b(B ok", "山\ufffd田 ok"),
    ],
)
def test_damaged_iso_2022_jp_is_read_but_for_what_is_lost(data: bytes, text: str) -> None:
    assert charsets.decode(data, "iso-2022-jp") == text


@pytest.mark.parametrize("real", ["utf-8", "euc_jp", "cp932"])
@pytest.mark.parametrize("label", ["iso-2022-jp", "us-ascii", "euc-jp"])
def test_other_japanese_charsets_are_read_under_a_wrong_label(label: str, real: str) -> None:
    text = "こんにちは山田です。お世話になっております。"

    assert charsets.decode(text.encode(real), label) == text


def test_terminal_colours_are_not_japanese() -> None:
    log = "\x1b[1mFAILED\x1b(B\x1b[m test"

    assert charsets.decode(log.encode(), "utf-8") == log


def test_unlabelled_iso_2022_kr_is_read() -> None:
    text = "프린터가 작동하지 않습니다"

    assert charsets.decode(text.encode("iso2022_kr")) == text


def test_a_damaged_escape_that_breaks_a_codec_of_python_does_no_harm() -> None:
    for label in ("iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-2004", "iso-2022-kr"):
        for byte in range(256):
            data = b"\x1b.A\x1bN" + bytes((byte, byte)) + b"\x1b$)C\x0e" + bytes((byte,)) + b"\x1bN"
            assert charsets.decode(data, label)


def test_subject_and_text_with_vendors_characters_are_read() -> None:
    word = base64.b64encode(b"\x1b$B-!-j;3ED\x1b(B \x1b$B8+@Q\x1b(B")
    raw = b"From: a@b.example\nSubject: =?ISO-2022-JP?B?%s?=\n" % word
    raw += b"Content-Type: text/plain; charset=euc-jp\n\n\xad\xea\xbb\xb3\xc5\xc4"

    mail = parse(raw)

    assert (mail.subject, mail.text) == ("①㈱山田 見積", "㈱山田")
