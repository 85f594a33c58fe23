"""The checks of answers and of whose mail goes where find each kind of violation."""

from collections.abc import Callable

import pytest

from tests.chaos.actions import AnswerOptions
from tests.chaos.answer_story import BEGUN_AT, MARK, WRITTEN_AT, answer, write
from tests.chaos.snapshot import Entry, Message, Ticket
from tests.chaos.story import IVAN, Story, arrived, change, changed, merge, send, step
from tests.chaos.violations import DOUBLED, LOST, STUCK, WRONG

FRIEND = "friend11x00001@partners.example"


def copy_answer(story: Story) -> None:
    """Answered with a copy to a participant."""
    snapshot = story.snapshot
    step(story, "participant_added", details=changed(None, FRIEND))
    answer(story)
    snapshot.outbox.append(snapshot.outbox[-1]._replace(id=6, recipient=FRIEND, is_copy=True))
    snapshot.arrived.append(snapshot.arrived[-1]._replace(recipient=FRIEND))


def let_a_participant_write(story: Story) -> None:
    """A participant answers the copy."""
    copy_answer(story)
    write(story, FRIEND, answers="<5@desk.example>")


def merge_and_write(story: Story) -> None:
    """Its requester writes again after the merge."""
    merge(story)
    write(story, IVAN, ticket=2)


def take_and_close(story: Story) -> None:
    """Given back, then taken, answered and closed at once."""
    snapshot = story.snapshot
    step(story, "reopened", to="in_progress", details=changed(11, 11))
    step(story, "assigned", to="new", details=changed(11, None))
    taken = step(story, "taken", to="in_progress", details=changed(None, 11))
    story.actions.done["taken", 1, 11] -= 1  # nobody counts it
    snapshot.messages.append(Message(4, 1, 4, "operator", MARK))
    written = step(story, "operator_replied", message=4, same_version=True)
    closed = step(story, "closed", to="closed", same_version=True)
    story.actions.done["closed", 1, 11] -= 1
    send(snapshot, written.id, "reply")
    change(snapshot.outbox, -1, message=4)
    send(snapshot, closed.id, "closed")
    story.actions.options[MARK] = AnswerOptions(take=True, close=True)
    assert taken.version == closed.version


def hold(story: Story) -> Entry:
    """An answer that the requester's mail crosses, after which nobody handles it."""
    answer(story, state="held", hold_if_crossed=True)
    crossing = write(story, IVAN, at=WRITTEN_AT + 1)
    held = step(
        story,
        "reply_held",
        by=None,
        message=4,
        details=changed(None, crossing.message),
        same_version=True,
    )
    change(story.snapshot.outbox, 4, held_by=crossing.message)
    told = story.snapshot.outbox[-1]
    events = [*told.events, {"entry": held.id, "what": "held", "who": "Ivan"}]
    change(story.snapshot.outbox, -1, events=events)
    return held


def release(story: Story) -> None:
    """The held answer is sent by hand, two seconds after the mail that crossed it."""
    hold(story)
    step(story, "reply_released", by=12, message=4, details=changed("held", "queued"))
    change(story.snapshot.history, -1, at=BEGUN_AT - 1)
    change(story.snapshot.outbox, 4, state="sent", first_attempt_at=BEGUN_AT)
    story.snapshot.arrived.append(arrived(5)._replace(at=BEGUN_AT + 0.1))


def withdraw(story: Story) -> None:
    """A scheduled answer is taken back."""
    answer(story, state="withdrawn", send_at=BEGUN_AT)
    step(story, "reply_withdrawn", by=12, message=4, details=changed("queued", "withdrawn"))
    story.actions.withdrawn.add((4, IVAN))


def call_for_attention(story: Story) -> None:
    """A mail is refused; that makes no version, and so may stand beside any step."""
    withdraw(story)
    step(story, "attention_changed", by=None, details=changed(False, True), same_version=True)


@pytest.mark.parametrize(
    "happen",
    [
        call_for_attention,
        copy_answer,
        let_a_participant_write,
        merge_and_write,
        take_and_close,
        hold,
        release,
        withdraw,
    ],
)
def test_answers_without_violations_pass(happen: Callable[[Story], object]) -> None:
    story = Story()

    happen(story)

    assert story.violations() == []


def lose_the_copy(story: Story) -> None:
    copy_answer(story)
    del story.snapshot.outbox[-1], story.snapshot.arrived[-1]


def copy_to_a_stranger(story: Story) -> None:
    copy_answer(story)
    story.actions.options[MARK] = AnswerOptions(cc=())


def copy_twice(story: Story) -> None:
    copy_answer(story)
    story.snapshot.arrived.append(story.snapshot.arrived[-1])


def copy_another_text(story: Story) -> None:
    copy_answer(story)
    change(story.snapshot.outbox, -1, digest="other")
    change(story.snapshot.arrived, -1, digest="other")


def suppress_the_copy(story: Story) -> None:
    copy_answer(story)
    change(story.snapshot.outbox, -1, state="suppressed")
    story.snapshot.arrived.pop()


def ignore_the_reference(story: Story) -> None:
    """A participant's answer opens a ticket of their own."""
    let_a_participant_write(story)
    opened = story.snapshot.history.pop()
    story.snapshot.tickets.append(Ticket(2, FRIEND, "new", None, 1, "operator"))
    story.snapshot.history.append(
        opened._replace(ticket=2, event="opened", status_before=None, status_after="new", version=1)
    )
    change(story.snapshot.messages, -1, ticket=2, number=1, sender_email="")
    change(story.snapshot.outbox, -1, kind="created", entry=opened.id, operator=None, events=())


def put_into_another_ticket(story: Story) -> None:
    """The merged requester's mail goes into the closed ticket."""
    merge_and_write(story)
    change(story.snapshot.history, -1, ticket=1)
    change(story.snapshot.messages, -1, ticket=1, number=4, sender_email="")


def name_somebody_else(story: Story) -> None:
    let_a_participant_write(story)
    change(story.snapshot.messages, -1, sender_email="")


def leave_open(story: Story) -> None:
    take_and_close(story)
    story.actions.options[MARK] = AnswerOptions(take=True)


def mail_the_notice_first(story: Story) -> None:
    take_and_close(story)
    change(story.snapshot.outbox, -1, id=5)
    change(story.snapshot.outbox, -2, id=6)


def hold_without_being_asked(story: Story) -> None:
    hold(story)
    story.actions.options[MARK] = AnswerOptions()


def hold_by_another_message(story: Story) -> None:
    hold(story)
    change(story.snapshot.outbox, 4, held_by=1)


def send_what_is_held(story: Story) -> None:
    hold(story)
    story.snapshot.arrived.append(arrived(5))


def forget_to_hold(story: Story) -> None:
    hold(story)
    change(story.snapshot.outbox, 4, state="sent")
    story.snapshot.arrived.append(arrived(5))


def send_before_it_is_released(story: Story) -> None:
    release(story)
    change(story.snapshot.arrived, -1, at=BEGUN_AT - 2)


def release_what_leaves_anyway(story: Story) -> None:
    release(story)
    del story.snapshot.history[-2]


def hold_silently(story: Story) -> None:
    hold(story)
    change(story.snapshot.outbox, -1, events=story.snapshot.outbox[-1].events[:1])


def send_what_was_withdrawn(story: Story) -> None:
    withdraw(story)
    change(story.snapshot.outbox, -1, state="sent")
    story.snapshot.arrived.append(arrived(5)._replace(at=BEGUN_AT))


def deliver_what_was_withdrawn(story: Story) -> None:
    withdraw(story)
    story.snapshot.arrived.append(arrived(5)._replace(at=BEGUN_AT))


def withdraw_without_a_step(story: Story) -> None:
    withdraw(story)
    story.snapshot.history.pop()
    change(story.snapshot.tickets, 0, version=7)


def queue_what_was_withdrawn(story: Story) -> None:
    withdraw(story)
    change(story.snapshot.outbox, -1, state="queued", waits=True)


WRONGS: dict[str, tuple[str, Callable[[Story], object]]] = {
    "a participant gets no copy": (LOST, lose_the_copy),
    "somebody gets a copy who was not to": (WRONG, copy_to_a_stranger),
    "a copy arrives twice": (DOUBLED, copy_twice),
    "a copy is another mail": (WRONG, copy_another_text),
    "a copy is suppressed": (LOST, suppress_the_copy),
    "a participant's answer opens a ticket": (WRONG, ignore_the_reference),
    "a merged requester's mail is elsewhere": (WRONG, put_into_another_ticket),
    "a participant's mail is the requester's": (WRONG, name_somebody_else),
    "closed without being asked": (WRONG, leave_open),
    "closed is mailed before the answer": (WRONG, mail_the_notice_first),
    "held without being asked": (WRONG, hold_without_being_asked),
    "held by another message": (WRONG, hold_by_another_message),
    "held and arrived": (WRONG, send_what_is_held),
    "held in the history alone": (WRONG, forget_to_hold),
    "arrived before it was released": (WRONG, send_before_it_is_released),
    "released and neither held nor scheduled": (WRONG, release_what_leaves_anyway),
    "the holder is not told that it is held": (LOST, hold_silently),
    "withdrawn, confirmed and sent": (WRONG, send_what_was_withdrawn),
    "withdrawn and arrived": (WRONG, deliver_what_was_withdrawn),
    "withdrawn without a step": (WRONG, withdraw_without_a_step),
    "withdrawn and queued again": (STUCK, queue_what_was_withdrawn),
}


@pytest.mark.parametrize("name", WRONGS)
def test_what_is_off_in_answers_is_found(name: str) -> None:
    kind, happen = WRONGS[name]
    story = Story()

    happen(story)

    assert kind in story.violations()
