"""Content-Transfer-Encodings: their names, and content that was damaged on its way."""

from __future__ import annotations

import base64
import time

import pytest

from mailing.parsing import transfer_encodings
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import files_of, multipart

FILE = b"%PDF-1.4\n" + bytes(range(256)) * 4 + b"\x00" * 300
UNPADDED = FILE[: len(FILE) // 3 * 3]
PADDED = UNPADDED + b"x"
FOOTER = "_______________\nlist footer text here"


def lines_of(content: bytes, width: int = 76) -> list[str]:
    return cut(base64.b64encode(content).decode(), width)


def cut(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]


def file_in(body: str, encoding: str = "base64", kind: str = "application/pdf") -> bytes:
    """Return the bytes of the file of a mail that has this body in an attachment."""
    part = (
        f'Content-Type: {kind}; name="a.pdf"\nContent-Disposition: attachment\n'
        f"Content-Transfer-Encoding: {encoding}\n\n{body}\n"
    )
    (file,) = files_of(multipart("mixed", "\nSee the file.", part))
    return file[3]


def text_of(body: str, encoding: str = "base64") -> str:
    fields = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}"
    return parse(f"From: a@b.example\n{fields}\n\n{body}".encode()).text


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        ("BASE64", "base64"),
        ('"base64"', "base64"),
        ("base64;", "base64"),
        ("base64, 8bit", "base64"),
        ("7bit, base64", "base64"),
        ("base-64", "base64"),
        ("x-base64", "base64"),
        ("base64 (as it should be)", "base64"),
        ("=?utf-8?Q?base64?=", "base64"),
        ("Content-Transfer-Encoding: base64", "base64"),
        ("quoted printable", "quoted-printable"),
        ("quoted_printable", "quoted-printable"),
        ("Quoted-Printable;charset=utf-8", "quoted-printable"),
        ("x-uue", "uuencode"),
        ("8bit", "7bit"),
        ("8-bit", "7bit"),
        ("utf-8", ""),
        ("", ""),
    ],
)
def test_the_name_of_an_encoding_is_read_however_it_is_written(value: str, encoding: str) -> None:
    assert transfer_encodings.read_name(value) == encoding


@pytest.mark.parametrize("content", [UNPADDED, PADDED, PADDED + b"y"])
@pytest.mark.parametrize("width", [4, 7, 38])
def test_blanks_within_the_lines_of_base64_are_skipped(content: bytes, width: int) -> None:
    lines = [" \t".join(cut(line, width)) for line in lines_of(content)]

    assert file_in("\n".join(lines)) == content
    assert file_in(" ".join(lines)) == content


@pytest.mark.parametrize("foreign", ["!", ".", "\x00", "é", "-", "*"])
def test_foreign_characters_within_base64_are_skipped(foreign: str) -> None:
    lines = [f"{line[:30]}{foreign}{line[30:]}{foreign}" for line in lines_of(PADDED)]

    assert file_in("\n".join(lines)) == PADDED


@pytest.mark.parametrize("content", [UNPADDED, PADDED, PADDED + b"y", PADDED * 800])
@pytest.mark.parametrize(
    "footer",
    [
        FOOTER,
        "-- \nSent from the list",
        "\n\nTo unsubscribe, write to list@example.org",
        "==========\nThis message was scanned",
        "Это письмо проверено",
        "Disclaimer\nThis mail is secret",
        "list",
        f"-----BEGIN PGP SIGNATURE-----\n\n{'iQEzBAEB' * 8}\n=abcd\n-----END PGP SIGNATURE-----",
    ],
)
def test_text_behind_base64_is_no_part_of_a_file(content: bytes, footer: str) -> None:
    assert file_in("\n".join([*lines_of(content), footer])) == content


@pytest.mark.parametrize(
    "footer", ["Unsubscribe", "list", "Sent by the list", "https://a.example/x"]
)
def test_nothing_behind_the_padding_is_part_of_a_file(footer: str) -> None:
    assert file_in("\n".join([*lines_of(PADDED), footer])) == PADDED
    assert file_in("\n".join([*lines_of(PADDED), "", footer, "x" * 4])) == PADDED


def test_text_behind_the_base64_of_a_text_is_read() -> None:
    body = "\n".join([*lines_of("Добрый день!\n".encode() * 9), FOOTER])

    assert text_of(body) == "Добрый день!\n" * 9 + FOOTER


def test_lines_of_base64_that_are_each_padded_are_one_file() -> None:
    pieces = [PADDED[start : start + 50] for start in range(0, len(PADDED), 50)]

    assert file_in("\n".join(base64.b64encode(piece).decode() for piece in pieces)) == PADDED


def test_blank_lines_between_lines_of_base64_cost_no_bytes() -> None:
    content = UNPADDED[:570] + b"\x00\x00\x00"

    assert lines_of(content)[-1] == "AAAA"
    assert file_in("\n\n".join(lines_of(content))) == content


def test_a_line_of_text_among_base64_is_skipped() -> None:
    first, *others = lines_of(UNPADDED)

    assert file_in("\n".join([first, "*** scanned by the mail server ***", *others])) == UNPADDED


@pytest.mark.parametrize("content", [PADDED, UNPADDED, PADDED * 300])
@pytest.mark.parametrize("padding", ["=", ""])
def test_base64url_is_decoded(content: bytes, padding: str) -> None:
    lines = "\n".join(lines_of(content)).translate(
        str.maketrans("+/", "-_", "" if padding else "=")
    )

    assert file_in(lines) == content


@pytest.mark.parametrize(
    "before",
    [
        "Checked by the mail gateway, no virus was found.",
        "-- WARNING: this file was modified --\n",
        "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n",
    ],
)
def test_text_before_base64_is_no_part_of_a_file(before: str) -> None:
    assert file_in("\n".join([before, *lines_of(PADDED)])) == PADDED


def test_text_before_the_base64_of_a_text_is_read() -> None:
    body = "\n".join(
        ["[EXTERNAL] This mail is from outside.", *lines_of("Добрый день!\n".encode() * 9)]
    )

    assert (
        text_of(body) == "[EXTERNAL] This mail is from outside.\n" + ("Добрый день!\n" * 9).rstrip()
    )


@pytest.mark.parametrize(
    "text", ["No base64 at all, sorry", "Hello", "Это не base64", "<p>Hi</p>", "Ticket ID42x A1b2"]
)
def test_text_that_is_only_called_base64_is_read(text: str) -> None:
    assert text_of(f"{text}, really.\nMore of it.") == f"{text}, really.\nMore of it."


@pytest.mark.parametrize("encoding", ["application/pdf", "binary64", "utf-8"])
def test_base64_of_a_known_kind_of_file_is_decoded_under_an_unknown_encoding(encoding: str) -> None:
    assert file_in("\n".join(lines_of(PADDED)), encoding) == PADDED
    assert file_in("\n".join(lines_of(b"Hello")), encoding, "text/x-y") == b"SGVsbG8=\n"


@pytest.mark.parametrize("encoding", ["", "utf-8"])
def test_words_in_base64_are_decoded_without_a_label(encoding: str) -> None:
    words = "Добрый день, посмотрите, пожалуйста. " * 300
    key = "MIIEowIBAAKCAQEA0n5b9Z1x2q8rT7yKd3sJf0hGb6mCe9aTo5iRlQxWzUv\n"

    assert text_of("\n".join(lines_of(words.encode())), encoding) == words
    assert text_of(key, encoding) == key.strip()
    assert text_of("SGVsbG8gd29ybGQ=", encoding) == "SGVsbG8gd29ybGQ="


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "quoted-printable"])
def test_base64_of_a_known_kind_of_file_is_decoded_under_a_wrong_encoding(encoding: str) -> None:
    encoded = "\n".join(lines_of(PADDED))

    assert file_in(encoded, encoding) == PADDED
    assert file_in(encoded, encoding, "text/plain; name=a.txt") != PADDED


@pytest.mark.parametrize(
    "piece",
    ["=A", "= ", "=\n", "AAAA=", "A B ", "a b\n", "!", "a !\n" + "A" * 60 + "\n", "=AAAA \n"],
)
def test_damaged_base64_is_decoded_in_linear_time(piece: str) -> None:
    data = (piece * (2_000_000 // len(piece))).encode()
    began = time.process_time()

    for _ in transfer_encodings.iter_decoded(
        data, 0, len(data), "base64", had_crlf=False, keep_text=True
    ):
        pass

    assert time.process_time() - began < 10
