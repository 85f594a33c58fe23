"""Opaque-signed S/MIME is read, and its signature is not verified."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailing.parsing import cms
from mailing.parsing.message import parse
from tests.mailing.parsing.samples import files_of, multipart

SIGNED_DATA, DATA = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")
ENTITY = (
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nI agree, \xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0.\r\n"
)


def value(tag: int, content: bytes) -> bytes:
    size = len(content).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + content


def open_value(tag: int, content: bytes) -> bytes:
    return bytes([tag, 0x80]) + content + b"\0\0"


def signed(content: bytes) -> bytes:
    """Return a SignedData in DER, without certificates and signatures."""
    encapsulated = value(0x30, DATA + value(0xA0, value(0x04, content)))
    head = value(0x02, b"\1") + value(0x31, b"")
    return value(
        0x30, SIGNED_DATA + value(0xA0, value(0x30, head + encapsulated + value(0x31, b"")))
    )


def streamed(*pieces: bytes) -> bytes:
    """Return a SignedData in BER, its content in pieces, as programs write that stream it."""
    octets = open_value(0x24, b"".join(value(0x04, piece) for piece in pieces))
    encapsulated = open_value(0x30, DATA + open_value(0xA0, octets))
    algorithms = open_value(0x31, open_value(0x30, SIGNED_DATA))
    head = value(0x02, b"\1") + algorithms
    inner = open_value(0x30, head + encapsulated + value(0x31, b""))
    return open_value(0x30, SIGNED_DATA + open_value(0xA0, inner))


def mail(container: bytes, content_type: str = "application/pkcs7-mime; name=smime.p7m") -> str:
    encoded = base64.encodebytes(container).decode()
    return f"Content-Type: {content_type}\nContent-Transfer-Encoding: base64\n\n{encoded}"


@pytest.mark.parametrize(
    "container", [signed(ENTITY), streamed(ENTITY), streamed(ENTITY[:9], b"", ENTITY[9:])]
)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime",
        "application/octet-stream; name=smime.p7m",
    ],
)
def test_the_content_of_a_signed_mail_is_its_text(container: bytes, content_type: str) -> None:
    raw = b"From: a@b.example\n" + mail(container, content_type).encode()

    assert parse(raw).text == "I agree, Анна."
    assert parse(raw).signature == "not verified"
    assert [content for *_, content in files_of(raw)] == [container]


def test_a_signed_mail_whose_base64_has_no_label_is_read() -> None:
    raw = mail(signed(ENTITY)).replace("Content-Transfer-Encoding: base64\n", "")

    assert parse(b"From: a@b.example\n" + raw.encode()).text == "I agree, Анна."


def test_the_files_of_a_signed_mail_are_files_beside_what_surrounds_it() -> None:
    entity = multipart(
        "mixed",
        "Content-Type: text/html\n\n<p>See <b>this</b></p>",
        "Content-Type: application/pdf; name=a.pdf\n\n%PDF-",
    ).split(b"\n", 1)[1]
    raw = multipart("mixed", mail(signed(entity)), "\nA list's footer")

    assert parse(raw).text == "See this\n\nA list's footer"
    assert [(name, content) for name, _, _, content in files_of(raw)] == [
        ("a.pdf", b"%PDF-"),
        ("smime.p7m", signed(entity)),
    ]


def test_a_mail_that_was_signed_twice_is_read() -> None:
    inner = mail(signed(ENTITY)).encode()

    assert parse(b"From: a@b.example\n" + mail(signed(inner)).encode()).text == "I agree, Анна."


def test_an_attached_signed_mail_is_read() -> None:
    attached = "Content-Type: message/rfc822\n\nSubject: in\n" + mail(signed(ENTITY))

    assert parse(multipart("mixed", "\n \n", attached)).text == "I agree, Анна."


def test_what_is_signed_in_a_file_is_not_text() -> None:
    raw = multipart(
        "mixed",
        "\nThe contract",
        mail(signed(b"%PDF-1.4"), "application/pkcs7-mime; name=a.pdf.p7m"),
    )

    assert parse(raw).text == "The contract"
    assert parse(raw).signature == ""
    assert [name for name, *_ in files_of(raw)] == ["a.pdf.p7m"]


@pytest.mark.parametrize("container", [b"", b"nonsense", b"0\x80", signed(ENTITY)[:20]])
def test_an_encrypted_or_damaged_part_is_a_file(container: bytes) -> None:
    raw = multipart("mixed", "\nHello", mail(container))

    assert parse(raw).text == "Hello"
    assert [name for name, *_ in files_of(raw)] == ["smime.p7m"]


@given(st.binary(max_size=60), st.integers(0, 300), st.integers(0, 60))
def test_reading_any_bytes_raises_nothing(noise: bytes, at: int, length: int) -> None:
    for container in (signed(ENTITY), streamed(ENTITY[:9], ENTITY[9:])):
        cms.read_signed_content(container[:at] + noise + container[at + length :])


@pytest.mark.slow
@pytest.mark.parametrize(
    "octets", [b"\x04\x01a" * 1_000_000, b"\x24\x80" * 1_000_000, b"\x30\x80" * 1_000_000]
)
def test_content_in_many_pieces_is_read_in_linear_time(octets: bytes) -> None:
    began = time.process_time()

    cms.read_signed_content(streamed(b"x").replace(value(0x04, b"x"), octets))
    cms.read_signed_content(octets)

    assert time.process_time() - began < 5


@pytest.mark.parametrize("kind", ["06092a864886f70d010703", "060b2a864886f70d0109100117"])
@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=enveloped-data",
        "application/x-pkcs7-mime; name=smime.p7m",
        "application/octet-stream; name=smime.p7m",
    ],
)
def test_an_encrypted_mail_says_so_and_is_a_file(kind: str, content_type: str) -> None:
    container = value(0x30, bytes.fromhex(kind) + value(0xA0, value(0x30, value(0x02, b"\1"))))
    raw = b"From: a@b.example\n" + mail(container, content_type).encode()

    assert parse(raw).text == "This message is encrypted. It is attached as it came."
    assert [(name, content) for name, _, _, content in files_of(raw)] == [("smime.p7m", container)]


def test_a_mail_that_is_encrypted_by_openpgp_says_so() -> None:
    raw = multipart(
        "encrypted",
        "Content-Type: application/pgp-encrypted\n\nVersion: 1",
        "Content-Type: application/octet-stream; name=a.asc\n\n-----BEGIN PGP MESSAGE-----",
    )

    assert parse(raw).text == "This message is encrypted. It is attached as it came."
    assert [name for name, *_ in files_of(raw)] == ["", "a.asc"]
