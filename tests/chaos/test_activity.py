"""A run in which too little was done fails."""

from typing import Any

import pytest

from tests.chaos.activity import EVENTS, shortfalls
from tests.chaos.snapshot import Entry, Message, Snapshot, Ticket

TICKETS = [Ticket(number, "ivan@customers.example", "closed") for number in range(10)]


def steps(events: set[str]) -> list[Entry]:
    return [Entry(1, 1, event, None, 11, "new", "new", 1) for event in events]


def snapshot(events: set[str], writers: list[str]) -> Snapshot:
    messages = [Message(1, 1, 1, "user", "It is broken.", sender) for sender in writers]
    return Snapshot(tickets=TICKETS, history=steps(events), messages=messages)


WRITERS = ["", "friend11x00001@partners.example", "sender8@customers.example"]


def shortfalls_of(**changes: Any) -> list[str]:
    run: dict[str, Any] = {
        "done": {"FLUSHALL": 1, "kill web": 1},
        "begun": 3,
        "planned": 3,
        "idle_operators": 0,
        "snapshot": snapshot(EVENTS, WRITERS),
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
        ({"snapshot": snapshot(EVENTS - {"closed"}, WRITERS)}, "in 10 tickets nothing was closed"),
        (
            {"snapshot": snapshot(EVENTS, ["", "sender8@customers.example"])},
            "nobody in copy of a ticket has written in it",
        ),
        (
            {"snapshot": snapshot(EVENTS, ["", "friend11x00001@partners.example"])},
            "nobody has written whose ticket was merged into another one",
        ),
    ],
)
def test_what_was_not_done_is_named(changes: dict[str, Any], text: str) -> None:
    assert shortfalls_of(**changes) == [text]
