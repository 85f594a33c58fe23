"""A run in which too little was done fails."""

from typing import Any

import pytest

from tests.chaos.activity import shortfalls
from tests.chaos.operators import OperatorActions
from tests.chaos.snapshot import Snapshot, Ticket


def shortfalls_of(**changes: Any) -> list[str]:
    run: dict[str, Any] = {
        "done": {"FLUSHALL": 1, "kill web": 1},
        "begun": 3,
        "planned": 3,
        "idle_operators": 0,
        "actions": OperatorActions(taken={1: 11}, closed={1: 11}, replied={"reply11x00001": 1}),
        "snapshot": Snapshot(
            tickets=[Ticket(number, "ivan@customers.example", "closed") for number in range(10)]
        ),
    }
    return [violation.text for violation in shortfalls(**run | changes)]


def test_a_whole_run_falls_short_of_nothing() -> None:
    assert shortfalls_of() == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"begun": 2}, "only 2 of 3 faults were tried"),
        ({"done": {"FLUSHALL": 1}}, "only 1 of 3 faults broke something"),
        ({"idle_operators": 1}, "1 operators stopped working"),
        (
            {"actions": OperatorActions(taken={1: 11}, replied={"reply11x00001": 1})},
            "of 10 tickets none was closed",
        ),
    ],
)
def test_what_was_not_done_is_named(changes: dict[str, Any], text: str) -> None:
    assert shortfalls_of(**changes) == [text]
