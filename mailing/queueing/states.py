"""Check each change of a queued mail's state against a table of the states that may follow."""

from collections.abc import Mapping, Set
from typing import TypeAlias, TypeVar

State = TypeVar("State", bound=str)

# The states that may follow each state.
StateTable: TypeAlias = Mapping[State, Set[State]]


class IllegalMove(Exception):
    """A mail was moved to a state that may not follow its own; the caller has a bug."""


def check_move(table: StateTable[State], before: State, after: State) -> None:
    """Raise `IllegalMove` unless the state `after` may follow `before`."""
    if after not in table[before]:
        raise IllegalMove(f"from {before} to {after}")
