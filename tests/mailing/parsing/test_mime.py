"""The structure of a mail, the encodings of its parts, and the limits of parsing."""

from __future__ import annotations

import base64
import hashlib
import time

import pytest

from mailing.parsing import mime
from mailing.parsing.limits import HEADER_BYTES, Limits
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import files_of, multipart


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_line_ends_of_any_kind_give_the_same_mail(end: bytes) -> None:
    lines = [b"From: a@b.example", b"Subject: long", b" subject", b"", b"one", b"", b"two"]

    mail = parse(end.join(lines))

    assert (mail.subject, mail.text) == ("long subject", "one\n\ntwo")
    assert mail.body_hash == hashlib.sha256(b"one\n\ntwo").hexdigest()


def test_missing_final_boundary_and_wrong_boundary_are_read() -> None:
    cut = parse(multipart("mixed", "\nHello").replace(b"--x--\n", b""))
    wrong = parse(
        multipart("mixed", "Content-Type: text/html\n\n<p>Hi").replace(b"\n--x", b"\n--y")
    )

    assert cut.text == "Hello"
    assert wrong.text == "Hi"


def test_nested_parts_with_equal_boundaries_are_read_to_the_end() -> None:
    mail = parse(multipart("mixed", 'Content-Type: multipart/mixed; boundary="x"\n', "\nHello"))

    assert mail.text == "Hello"
    assert mail.problem == ""


def test_parts_behind_the_end_of_an_inner_part_with_the_same_boundary_are_read() -> None:
    inner = 'Content-Type: multipart/alternative; boundary="x"\n\n--x\n\nHello\n--x--'
    file = "Content-Type: application/pdf; name=a.pdf\n\n%PDF-"

    assert parse(multipart("mixed", inner, file)).text == "Hello"
    assert [name for name, *_ in files_of(multipart("mixed", inner, file))] == ["a.pdf"]


@pytest.mark.slow
def test_many_closing_boundaries_take_linear_time() -> None:
    raw = multipart("mixed", "\nHello") + b"--x--\n" * 2_000_000
    began = time.process_time()

    assert parse(raw).text == "Hello"

    assert time.process_time() - began < 5


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_of_utf_16_are_not_doubled(codec: str, end: str) -> None:
    head = f"From: a@b.example{end}Content-Type: text/plain; charset={codec}{end}{end}"
    raw = head.encode() + end.join(["Hello", "Привет", "", "End"]).encode(codec)

    assert parse(raw).text == "Hello\nПривет\n\nEnd"
    for at in range(len(head), len(raw)):
        assert mime.join_pieces([raw[:at], raw[at:]])[0] == mime.normalize_line_ends(raw)


def test_a_multipart_in_base64_is_read() -> None:
    raw = multipart("mixed", "\nHello", "Content-Type: application/pdf; name=a.pdf\n\n%PDF-")
    head, _, content = raw.partition(b"\n\n")
    encoded = head + b"\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(content)

    assert parse(encoded).text == "Hello"
    assert [(name, data) for name, _, _, data in files_of(encoded)] == [("a.pdf", b"%PDF-")]


@pytest.mark.parametrize(
    ("raw", "limits", "problem"),
    [
        (b"From: a@b.example\n\n" + b"x" * 200, Limits(message_bytes=100), "larger than 100 bytes"),
        (
            b"From: a@b.example\nX: " + b"x" * HEADER_BYTES + b"\n\n",
            Limits(),
            "header larger than 262144 bytes",
        ),
        (multipart("mixed", *["\nx"] * 5), Limits(parts=4), "more than 4 parts"),
        (
            multipart("mixed", 'Content-Type: multipart/mixed; boundary="y"\n\n--y\n\nz\n--y--'),
            Limits(depth=1),
            "parts nested deeper than 1",
        ),
        (
            multipart("mixed", "\nx"),
            Limits(seconds=0),
            "parsing took more than 0 seconds",
        ),
    ],
    ids=["message", "header", "parts", "depth", "seconds"],
)
def test_a_mail_beyond_a_limit_has_the_limit_as_its_problem(
    raw: bytes, limits: Limits, problem: str
) -> None:
    assert parse(raw, limits).problem == problem


def test_a_mail_beyond_a_limit_still_has_its_header() -> None:
    mail = parse(b"Subject: big\n" + multipart("mixed", *["\nx"] * 5), Limits(parts=2))

    assert (mail.sender.email, mail.subject) == ("a@b.example", "big")


def test_three_thousand_nested_parts_exceed_the_depth_limit() -> None:
    raw = b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b0\n\n" + b"".join(
        b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(3000)
    )

    assert parse(raw).problem == "parts nested deeper than 30"


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("base64", "SGVsbG8", "Hello"),
        ("base64", "SGVs\nbG8=\n", "Hello"),
        ("BASE64", "SGV!sbG8=", "Hello"),
        ("base64", "SGVsbG8=\n____\nSent by a mailing list", "Hello____\nSent by a mailing list"),
        ("base64", "No base64 at all, sorry", "No base64 at all, sorry"),
        ("quoted-printable", "Hel= \nlo =C3=A9 =ZZ", "Hello é =ZZ"),
        ("x-uuencode", "begin 644 a\n%2&5L;&\\\n`\nend", "Hello"),
        ("8bit", "Hello", "Hello"),
        ("unheard-of", "Hello", "Hello"),
    ],
)
def test_transfer_encodings_are_decoded_even_when_damaged(
    encoding: str, body: str, text: str
) -> None:
    raw = f"From: a@b.example\nContent-Transfer-Encoding: {encoding}\n\n{body}".encode()

    assert parse(raw).text == text
