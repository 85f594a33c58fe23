"""The checks of when answers leave find each kind of violation."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.chaos.actions import AnswerOptions
from tests.chaos.answer_story import BEGUN_AT, MARK, WRITTEN_AT, answer, write
from tests.chaos.story import IVAN, Story, change, changed, send, step
from tests.chaos.violations import WRONG


def schedule(story: Story) -> None:
    answer(story, send_at=BEGUN_AT)


def cross(story: Story, *, received_at: float, acknowledged_at: float) -> None:
    """The requester writes; the answer was not to be begun after that."""
    answer(story, hold_if_crossed=True)
    write(story, IVAN, at=received_at)
    story.acknowledged_at["mail000005"] = acknowledged_at


def write_while_it_is_begun(story: Story) -> None:
    cross(story, received_at=BEGUN_AT - 0.1, acknowledged_at=BEGUN_AT + 0.1)


def write_before(story: Story) -> None:
    cross(story, received_at=WRITTEN_AT - 1, acknowledged_at=WRITTEN_AT - 0.5)


def write_and_be_seen(story: Story) -> None:
    cross(story, received_at=WRITTEN_AT + 1, acknowledged_at=WRITTEN_AT + 1)
    change(story.snapshot.outbox, 4, inbox_before=[5])


def lose_the_record(story: Story) -> None:
    """PostgreSQL was killed, so that nobody knows when the answer was begun first."""
    cross(story, received_at=WRITTEN_AT + 1, acknowledged_at=WRITTEN_AT + 1)
    story.crashes = [WRITTEN_AT + 0.5]


def undo_an_attempt(story: Story) -> None:
    """Its worker counted as dead when the requester wrote, and then shows that nothing was sent."""
    cross(story, received_at=WRITTEN_AT + 1, acknowledged_at=WRITTEN_AT + 1)
    begin(story, at=WRITTEN_AT + 0.5)


def begin(story: Story, *, at: float) -> None:
    """The answer was begun at this time; the attempt at `BEGUN_AT` is not its first one."""
    timeline = [
        {"state": state, "at": datetime.fromtimestamp(time, UTC).isoformat()}
        for state, time in (("queued", WRITTEN_AT), ("sending", at), ("uncertain", at + 1))
    ]
    change(story.snapshot.outbox, 4, timeline=timeline)


def follow_scheduled(story: Story, *, begun_at: float) -> None:
    """Five mails follow an answer that is scheduled in ten seconds."""
    answer(story, send_at=BEGUN_AT)
    send_at = WRITTEN_AT + 10
    story.actions.options[MARK] = AnswerOptions(send_at=send_at)
    change(story.snapshot.outbox, -1, first_attempt_at=send_at)
    change(story.snapshot.arrived, -1, at=send_at)
    for _ in range(5):
        closed = step(story, "closed", to="closed")
        send(story.snapshot, closed.id, "closed")
        change(story.snapshot.outbox, -1, created_at=WRITTEN_AT + 1, first_attempt_at=begun_at)
        step(story, "reopened", to="in_progress", details=changed(11, 11))


def overtake_scheduled(story: Story) -> None:
    follow_scheduled(story, begun_at=WRITTEN_AT + 2)


@pytest.mark.parametrize(
    "happen",
    [
        schedule,
        write_while_it_is_begun,
        write_before,
        write_and_be_seen,
        lose_the_record,
        undo_an_attempt,
        overtake_scheduled,
    ],
)
def test_answers_that_leave_in_time_pass(happen: Callable[[Story], object]) -> None:
    story = Story()

    happen(story)

    assert story.violations() == []


def send_early(story: Story) -> None:
    schedule(story)
    change(story.snapshot.arrived, -1, at=BEGUN_AT - 0.01)


def send_across(story: Story) -> None:
    cross(story, received_at=WRITTEN_AT + 1, acknowledged_at=BEGUN_AT - 0.01)


def send_across_later(story: Story) -> None:
    """An answer was lost, but PostgreSQL was killed only after the answer was begun."""
    send_across(story)
    change(story.snapshot.outbox, 4, uncertain_attempts=1)
    story.crashes = [BEGUN_AT + 0.5]


def undo_across(story: Story) -> None:
    """Its first attempt, which was undone, began after the mail, too."""
    cross(story, received_at=WRITTEN_AT + 1, acknowledged_at=WRITTEN_AT + 1)
    begin(story, at=WRITTEN_AT + 2)


WRONGS: dict[str, Callable[[Story], object]] = {
    "left before its time": send_early,
    "crossed and sent": send_across,
    "crossed and sent again": send_across_later,
    "crossed, undone and sent": undo_across,
    "mail waits for a scheduled answer": lambda s: follow_scheduled(s, begun_at=WRITTEN_AT + 10),
}


@pytest.mark.parametrize("name", WRONGS)
def test_what_leaves_at_the_wrong_time_is_found(name: str) -> None:
    happen = WRONGS[name]
    story = Story()

    happen(story)

    assert WRONG in story.violations()
