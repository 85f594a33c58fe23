"""Texts of strangers as HTML."""

import time

import pytest

from operators.models import Operator
from tickets.desk.message_text import MOST_CHARACTERS, link_addresses, note_html, text_parts
from tickets.models import Message

_REL = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("text", "address", "after"),
    [
        ("https://example.com/a?b=1&c=2", "https://example.com/a?b=1&amp;c=2", ""),
        ("https://example.com/a).", "https://example.com/a", ")."),
        ("https://example.com/a_(b).", "https://example.com/a_(b)", "."),
        ("http://пример.рф/п!", "http://пример.рф/п", "!"),
        ("HTTPS://example.com, ", "HTTPS://example.com", ", "),
    ],
)
def test_a_web_address_is_a_link_without_the_marks_around_it(
    text: str, address: str, after: str
) -> None:
    assert link_addresses(f"See {text}") == (f'See <a href="{address}" {_REL}>{address}</a>{after}')


def test_a_mail_address_is_a_link() -> None:
    assert link_addresses("Ask ivan@example.com.") == (
        'Ask <a href="mailto:ivan@example.com">ivan@example.com</a>.'
    )


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "file:///etc/passwd"]
)
def test_nothing_else_is_a_link(text: str) -> None:
    assert link_addresses(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        'https://x.example/"onmouseover="alert(1)',
        "https://x.example/'><img src=x onerror=alert(1)>",
        'a"b@x.example"onclick="alert(1)',
        "https://x.example/<script>",
    ],
)
def test_what_a_stranger_writes_is_escaped(text: str) -> None:
    html = link_addresses(text)

    assert "<script" not in html
    assert "<img" not in html
    assert 'onmouseover="' not in html
    assert 'onclick="' not in html


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "a@" * 50_000, "a.b-" * 25_000, "https://" * 12_500]
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()

    link_addresses(text)

    assert time.process_time() - begun < 5  # seconds; a quadratic pattern takes minutes


def test_quotes_and_signatures_are_parts_of_their_own() -> None:
    text = "Yes.\n\n> really?\n\n-- \nIvan\n"
    cuts = [("reply", 0, 6), ("quoted", 6, 17), ("signature", 17, len(text))]
    segments = [{"kind": kind, "start": start, "end": end} for kind, start, end in cuts]

    parts = text_parts(Message(text=text, segments=segments))

    assert [(part.kind, part.html) for part in parts] == [
        ("reply", "Yes."),
        ("quoted", "&gt; really?"),
        ("signature", "-- \nIvan"),
    ]


def test_a_very_long_text_is_cut() -> None:
    message = Message(text="x" * (MOST_CHARACTERS + 1), segments=[])

    assert [len(part.html) for part in text_parts(message)] == [MOST_CHARACTERS]


def test_operators_write_light_markdown() -> None:
    text = "**Good** <b>day</b>"

    ours = text_parts(Message(text=text, operator_id=7))
    theirs = text_parts(Message(text=text))

    assert ours[0].is_marked
    assert "<strong>Good</strong> &lt;b&gt;day&lt;/b&gt;" in ours[0].html
    assert theirs[0].html == "**Good** &lt;b&gt;day&lt;/b&gt;"


def test_a_note_names_whom_it_mentions() -> None:
    operators = {7: Operator(pk=7, name="<b>Maria")}

    html = note_html("@7 and @9: <i>", operators)

    assert html == '<strong title="@7">@&lt;b&gt;Maria</strong> and @9: &lt;i&gt;'
    assert note_html("@7 (<b>Maria) and @9: <i>", operators) == html


def test_an_address_in_a_note_mentions_nobody() -> None:
    operators = {7: Operator(pk=7, name="Maria")}

    html = note_html("https://x.example/@7 and shop@7.example.com, but @7", operators)

    assert html == (
        f'<a href="https://x.example/@7" {_REL}>https://x.example/@7</a> and '
        '<a href="mailto:shop@7.example.com">shop@7.example.com</a>, but '
        '<strong title="@7">@Maria</strong>'
    )


def test_a_name_behind_a_mention_is_not_said_twice() -> None:
    operators = {7: Operator(pk=7, name="O'Neil <b>")}

    html = note_html("@7 (O'Neil <b>) see @7 (<i>)", operators)

    name = '<strong title="@7">@O&#x27;Neil &lt;b&gt;</strong>'
    assert html == f"{name} see {name} (&lt;i&gt;)"
