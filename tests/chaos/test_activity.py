"""A run in which too little was done fails."""

from typing import Any

import pytest

from tests.chaos.activity import EVENTS, shortfalls
from tests.chaos.snapshot import Entry, Snapshot, Ticket

TICKETS = [Ticket(number, "ivan@customers.example", "closed") for number in range(10)]


def steps(events: set[str]) -> list[Entry]:
    return [Entry(1, 1, event, None, 11, "new", "new", 1) for event in events]


def shortfalls_of(**changes: Any) -> list[str]:
    run: dict[str, Any] = {
        "done": {"FLUSHALL": 1, "kill web": 1},
        "begun": 3,
        "planned": 3,
        "idle_operators": 0,
        "snapshot": Snapshot(tickets=TICKETS, history=steps(EVENTS)),
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
            {"snapshot": Snapshot(tickets=TICKETS, history=steps(EVENTS - {"closed"}))},
            "in 10 tickets nothing was closed",
        ),
    ],
)
def test_what_was_not_done_is_named(changes: dict[str, Any], text: str) -> None:
    assert shortfalls_of(**changes) == [text]
