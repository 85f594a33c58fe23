"""For any text the segments cover it in order, and something is left to read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.quotes.texts import reply_in
from tickets.quotes.segments import split_segments

pytestmark = pytest.mark.slow

LINES = st.sampled_from(
    [
        *("", " ", "\r", "> ", "> text", ">> text", "| text", "text", "Text.", "text:", "AB> x"),
        *("-- ", "--", "-----", "____________", "***", "```", "[code]", "[/code]", "ᐧ", "\u200b"),
        *("On 2 Mar 2015 at 12:00, Ann <ann@a.example> wrote:", "On 2 Mar 2015 at 12:00, Ann <"),
        *("ann@a.example> wrote:", ">:", "wrote:", "вт, 3 мар. 2015 г. в 12:00, А <a@a.example>:"),
        *("-----Original Message-----", "Begin forwarded message:", "----- x -----"),
        *("From: Ann", "Sent: Monday", "To: Bob", "Subject: x", "От: А", "Дата: 3.03.2015"),
        *("Кому: Б", "Тема: В", "Sent from my iPhone", "Отправлено с iPhone", "https://a.example"),
    ]
)
# Invisible characters, with white space of every kind.
BLANK = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
BLANK += "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u1427"
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(LINES, st.text(max_size=20)), max_size=40).map("\n".join),
)


@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_segments_cover_the_text_without_gap_or_overlap(text: str) -> None:
    segments = split_segments(text)

    assert "".join(text[segment.start : segment.end] for segment in segments) == text
    assert [segment.start for segment in segments[:1]] == [0][: len(segments)]
    assert all(above.end == below.start for above, below in pairwise(segments))
    assert all(above.kind != below.kind for above, below in pairwise(segments))
    assert all(segment.start < segment.end for segment in segments)
    assert {segment.kind for segment in segments} <= {"reply", "quoted", "signature"}


@settings(max_examples=600, deadline=None)
@given(TEXTS)
def test_something_is_always_left_to_read(text: str) -> None:
    assert reply_in(text).strip(BLANK) or not text.strip(BLANK)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_line_ends_change_no_kind(text: str) -> None:
    text = text.replace("\r", "")

    kinds = [segment.kind for segment in split_segments(text)]

    assert [segment.kind for segment in split_segments(text.replace("\n", "\r\n"))] == kinds
