"""A run in which too little was done does not pass for a good one."""

from typing import Any

import pytest

from tests.chaos.books import Books, Ticket
from tests.chaos.desk import Deeds
from tests.chaos.effort import shortfalls


def found(**changes: Any) -> list[str]:
    run: dict[str, Any] = {
        "done": {"FLUSHALL": 1, "kill web": 1},
        "begun": 3,
        "planned": 3,
        "idle_operators": 0,
        "deeds": Deeds(taken={1: 11}, closed={1: 11}, replied={"reply11x00001": 1}),
        "books": Books(
            tickets=[Ticket(number, "ivan@customers.example", "closed") for number in range(10)]
        ),
    }
    return [finding.what for finding in shortfalls(**run | changes)]


def test_a_whole_run_falls_short_of_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"begun": 2}, "only 2 of 3 faults were tried"),
        ({"done": {"FLUSHALL": 1}}, "only 1 of 3 faults broke something"),
        ({"idle_operators": 1}, "1 operators stopped working"),
        (
            {"deeds": Deeds(taken={1: 11}, replied={"reply11x00001": 1})},
            "of 10 tickets none was closed",
        ),
    ],
)
def test_what_was_not_done_is_told(changes: dict[str, Any], told: str) -> None:
    assert found(**changes) == [told]
