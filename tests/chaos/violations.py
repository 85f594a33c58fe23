"""The kinds of broken promises."""

from typing import NamedTuple

LOST, DOUBLED, STUCK, WRONG = "lost", "doubled", "stuck", "wrong"


class Violation(NamedTuple):
    """One broken promise: its kind, and a sentence about it."""

    kind: str
    text: str
