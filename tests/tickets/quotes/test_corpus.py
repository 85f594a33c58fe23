"""Mail that nobody here wrote, split by hand. It lies beside the project; without it: skipped."""

from __future__ import annotations

import pytest

from tests.paths import CORPUS
from tickets.quotes.segments import split

QUOTES = CORPUS / "quotes"

pytestmark = pytest.mark.skipif(not QUOTES.is_dir(), reason=f"no mail to try on at {QUOTES}")


def test_every_mail_is_split_as_by_hand_but_for_white_space() -> None:
    names = sorted(path.name.removesuffix(".email.txt") for path in QUOTES.glob("*.email.txt"))

    different = [name for name in names if _kept(name) != _by_hand(name)]

    assert len(names) == 32
    assert different == []


def _kept(name: str) -> str:
    text = (QUOTES / f"{name}.email.txt").read_text(encoding="utf-8")
    kept = (text[one.start : one.end] for one in split(text) if one.kind == "reply")
    return "".join("".join(kept).split())


def _by_hand(name: str) -> str:
    text = (QUOTES / f"{name}.trimmed.txt").read_text(encoding="utf-8")
    return "".join(text.split())
