"""The moves between the states of a queued mail, as a table that is checked with each move."""

from collections.abc import Mapping, Set
from typing import Generic, TypeVar

State = TypeVar("State", bound=str)


class IllegalMove(Exception):
    """The table has no such move: the caller has a bug, the mail is not at fault."""


class StateTable(Generic[State]):
    """Which states may follow each state."""

    def __init__(self, moves: Mapping[State, Set[State]]) -> None:
        self.moves = moves

    def check(self, before: State, after: State) -> None:
        """Raise `IllegalMove` unless a mail in the state `before` may come into `after`."""
        if after not in self.moves[before]:
            raise IllegalMove(f"from {before} to {after}")
