"""RTF as Outlook writes it: compressed, and with HTML wrapped in it."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailing.parsing import compressed_rtf, rtf
from tests.mailing.parsing.samples import compress


@pytest.mark.parametrize(
    ("compressed", "expected"),
    [
        (  # MS-OXRTFCP, 3.1.1
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c09002062"
            "7705b06c647d0a800fa0",
            b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        (  # MS-OXRTFCP, 3.1.2: a reference to what it writes itself
            "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0",
            b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
        ),
        ("10000000040000004d454c41000000007b7d7b7d0000", b"{}{}"),
    ],
)
def test_the_examples_of_the_specification_are_decompressed(
    compressed: str, expected: bytes
) -> None:
    assert compressed_rtf.decompress(bytes.fromhex(compressed)) == expected


def test_what_is_decompressed_is_bounded() -> None:
    body = (b"\xff" + b"\x00\x0f" * 8) * 500_000
    bomb = struct.pack("<II4sI", len(body), 2**32 - 1, b"LZFu", 0) + body
    began = time.process_time()

    assert len(compressed_rtf.decompress(bomb)) <= compressed_rtf.RTF_BYTES

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1252\pard Hello \b world\b0\par Bye}", "Hello world\nBye"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\f1 \'cf{\f0 \'e9}}", "Пé"),
        (rb"{\rtf1\ansicpg932 \'93\'fa\'96\{}", "日\ufffd{"),
        (rb"{\rtf1\uc1 \u1055?\u-10179?\u-8704? {\uc0\u1055 x}}", "П😀 Пx"),
        (rb"{\rtf1 a\\b\{c\}\~d{\*\unknown no}{\pict 0123}{\info no}e}", "a\\b{c}\xa0de"),
        (rb"{\rtf1 a\bin5 }}}}}b}", "ab"),
        (rb"{\rtf1 cut", "cut"),
        (b"no rtf", ""),
    ],
)  # fmt: skip
def test_the_text_of_rtf_is_read(source: bytes, text: str) -> None:
    assert rtf.read_rtf(source) == (text, "")


def test_html_that_is_wrapped_in_rtf_is_read() -> None:
    source = (
        rb"{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}"
        rb"{\*\htmltag19 <html>}{\*\htmltag34 <body>}\htmlrtf \pard\htmlrtf0 "
        rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 \'cf\'f0\htmlrtf \b 1}\htmlrtf0 "
        rb"{\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0 x{\*\mhtmltag64 no}{\*\htmltag72 </p>}\par }"
    )

    assert rtf.read_rtf(source) == ("", "<html><body><p>Пр&lt;x</p>\n")


TOKENS = (
    rb"{ } \ \* \u-5 \uc9 \'cf \f1 \htmlrtf \htmltag \bin-9 \fonttbl \ansicpg1 \fcharset204 "
    rb"\fromhtml1 x"
).split(b" ")


@given(st.lists(st.sampled_from(TOKENS)))
def test_reading_any_rtf_raises_nothing(tokens: list[bytes]) -> None:
    rtf.read_rtf(b"{\\rtf1" + b"".join(tokens))


@given(st.binary(max_size=200))
def test_decompressing_any_bytes_raises_nothing(noise: bytes) -> None:
    compressed_rtf.decompress(noise)
    compressed_rtf.decompress(compress(b"{\\rtf1 hello hello}")[:16] + noise)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [b"{", b"}", b"\\", b"\\par", b"{\\field{\\*\\fldinst{", b"\\'cf", b"\\f1 x", b"{\\fonttbl"],
)
def test_reading_takes_linear_time(unit: bytes) -> None:
    began = time.process_time()

    rtf.read_rtf(b"{\\rtf1" + unit * (500_000 // len(unit)))

    assert time.process_time() - began < 3
