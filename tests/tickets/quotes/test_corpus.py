"""Real mail whose new text was cut out by hand; skipped without the corpus."""

from __future__ import annotations

import pytest

from tests.paths import CORPUS
from tests.tickets.quotes.texts import reply_in

QUOTES = CORPUS / "quotes"

pytestmark = pytest.mark.skipif(not QUOTES.is_dir(), reason=f"no mail at {QUOTES}")


def text_of(file_name: str) -> str:
    return (QUOTES / file_name).read_text(encoding="utf-8")


def without_spaces(text: str) -> str:
    return "".join(text.split())


def test_the_reply_is_what_was_cut_out_by_hand_but_for_white_space() -> None:
    names = sorted(path.name.removesuffix(".email.txt") for path in QUOTES.glob("*.email.txt"))

    different = [
        name
        for name in names
        if without_spaces(reply_in(text_of(f"{name}.email.txt")))
        != without_spaces(text_of(f"{name}.trimmed.txt"))
    ]

    assert len(names) == 32
    assert different == []
