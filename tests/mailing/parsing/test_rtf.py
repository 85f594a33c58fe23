"""RTF as Word and Outlook write it, and HTML that is wrapped in it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailing.parsing import rtf


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (rb"{\rtf1\ansi\ansicpg1252\pard Hello \b world\b0\par Bye}", "Hello world\nBye"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\f1 \'cf{\f0 \'e9}}", "Пé"),
        (rb"{\rtf1\ansicpg932 \'93\'fa\'96\{}", "日\ufffd{"),
        (rb"{\rtf1\ansicpg932 \'83e\'83X\'83g}", "テスト"),
        (rb"{\rtf1\uc1 \u1055?\u-10179?\u-8704? {\uc0\u1055 x}}", "П😀 Пx"),
        (rb"{\rtf1 a\\b\{c\}\~d{\*\unknown no}{\pict 0123}{\info no}e}", "a\\b{c}\xa0de"),
        (rb"{\rtf1 a\bin5 }}}}}b}", "ab"),
        (rb"{\rtf1 cut", "cut"),
        (b"{\\rtf1 a\0b\\'00c\\u0?d}", "abcd"),
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [b"{", b"}", b"\\", b"\\par", b"{\\field{\\*\\fldinst{", b"\\'cf", b"\\f1 x", b"{\\fonttbl"],
)
def test_reading_takes_linear_time(unit: bytes) -> None:
    began = time.process_time()

    rtf.read_rtf(b"{\\rtf1" + unit * (500_000 // len(unit)))

    assert time.process_time() - began < 3
