"""The checks of tickets and of mail about them find each kind of violation."""

from collections.abc import Callable
from email.mime.text import MIMEText

import pytest

from tests.chaos.mails import AUTO_REPLY, PERSON
from tests.chaos.snapshot import Message, Note, arrived_mail
from tests.chaos.story import IVAN, Story, change, changed, mail, merge, send, step, tell
from tests.chaos.violations import DOUBLED, LOST, STUCK, WRONG
from tests.smtp_server import Received


def reopen(story: Story) -> None:
    """Reopened by another operator, who gives it back, takes it and closes it again."""
    snapshot = story.snapshot
    step(story, "reopened", by=12, to="in_progress", details=changed(11, 12))
    step(story, "assigned", by=12, to="new", details=changed(12, None))
    step(story, "taken", by=12, to="in_progress", details=changed(None, 12))
    send(snapshot, step(story, "closed", by=12, to="closed").id, "closed")
    change(snapshot.tickets, 0, operator=12)


def hand_over_and_write(story: Story) -> None:
    """Reopened and handed over; then the requester writes, and answers automatically."""
    snapshot = story.snapshot
    step(story, "reopened", to="in_progress", details=changed(11, 11))
    assigned = step(story, "assigned", details=changed(11, 12))
    for number, kind in ((4, PERSON), (5, AUTO_REPLY)):
        mark = f"mark00000{number}"
        story.mails.append(mail(number, kind, mark))
        story.answers[f"mail00000{number}"] = ["accepted"]
        inbound = snapshot.inbox[0]._replace(
            id=number, external_id=f"mail00000{number}", message=number
        )
        snapshot.inbox.append(inbound)
        snapshot.messages.append(Message(number, 1, number, "user", mark))
        step(story, "requester_wrote", by=None, message=number)
    tell(snapshot, 12, (assigned.id, "assigned"), (assigned.id + 1, "message"))
    change(snapshot.tickets, 0, operator=12)


def note(story: Story) -> None:
    """Another operator's note mentions the holder and its author."""
    snapshot = story.snapshot
    snapshot.notes.append(Note(3, 1, "@11 @12 Still under warranty? note12x00001"))
    tell(snapshot, 11, (step(story, "note_added", by=12, details=changed(None, 3)).id, "mention"))
    story.actions.written["note12x00001", 1] = 3


def never_answered(story: Story) -> None:
    """Nobody knows whether the closing of it was done."""
    story.actions.done["closed", 1, 11] = 0
    story.actions.unsure["closed", 1, 11] = 1


@pytest.mark.parametrize("happen", [reopen, merge, hand_over_and_write, note, never_answered])
def test_a_day_without_violations_passes(happen: Callable[[Story], None]) -> None:
    story = Story()

    happen(story)

    assert story.violations() == []


def open_two_tickets(story: Story) -> None:
    """Another ticket of the same requester is opened; then the first is reopened."""
    merge(story)
    change(story.snapshot.tickets, 1, requester=IVAN)
    change(story.snapshot.outbox, 4, recipient=IVAN)


def tell_again(story: Story) -> None:
    note(story)
    tell(story.snapshot, 11, (6, "mention"))


def tell_the_author(story: Story) -> None:
    note(story)
    tell(story.snapshot, 12, (6, "mention"))


def tell_nobody(story: Story) -> None:
    hand_over_and_write(story)
    del story.snapshot.outbox[-1], story.snapshot.arrived[-1]


def tell_of_an_auto_reply(story: Story) -> None:
    hand_over_and_write(story)
    tell(story.snapshot, 12, (9, "message"))


def mail_a_note(story: Story) -> None:
    note(story)
    change(story.snapshot.arrived, -1, has_note=True)


def tell_of_taken_twice(story: Story) -> None:
    reopen(story)
    send(story.snapshot, 8, "in_progress")


def close_again_silently(story: Story) -> None:
    reopen(story)
    del story.snapshot.outbox[-1], story.snapshot.arrived[-1]


def merge_and_stay_open(story: Story) -> None:
    merge(story)
    change(story.snapshot.tickets, 0, status="in_progress", waiting_on="operator")


def merge_elsewhere(story: Story) -> None:
    merge(story)
    change(story.snapshot.tickets, 0, merged_into=3)


def merge_one_side(story: Story) -> None:
    merge(story)
    story.snapshot.history.pop()
    change(story.snapshot.tickets, 1, version=1)


def mail_merged(story: Story) -> None:
    merge(story)
    send(story.snapshot, 8, "closed")


WRONGS: dict[str, tuple[str, Callable[[Story], object]]] = {
    "two open tickets": (DOUBLED, open_two_tickets),
    "closed without a step": (
        WRONG,
        lambda s: (s.snapshot.history.pop(4), s.snapshot.outbox.pop(3), s.snapshot.arrived.pop(3)),
    ),
    "taken twice": (
        WRONG,
        lambda s: step(s, "taken", to="in_progress", details=changed(None, 11)),
    ),
    "a status between two steps": (
        WRONG,
        lambda s: change(s.snapshot.history, 3, status_before="new", status_after="new"),
    ),
    "a message without a step": (WRONG, lambda s: s.snapshot.history.pop(1)),
    "a version without a step": (WRONG, lambda s: change(s.snapshot.tickets, 0, version=6)),
    "a step was done twice under one key": (
        DOUBLED,
        lambda s: s.actions.done.subtract([("closed", 1, 11)]),
    ),
    "another message was answered": (
        WRONG,
        lambda s: s.actions.written.update({("reply11x00001", 1): 4}),
    ),
    "a repeated request has another answer": (WRONG, lambda s: s.actions.unequal.append("POST")),
    "an answered version is lost": (LOST, lambda s: s.actions.versions.update({1: 6})),
    "open and waiting for nobody": (
        WRONG,
        lambda s: change(s.snapshot.tickets, 0, status="in_progress"),
    ),
    "closed and waiting": (WRONG, lambda s: change(s.snapshot.tickets, 0, waiting_on="operator")),
    "not woken": (STUCK, lambda s: change(s.snapshot.tickets, 0, is_overdue=True)),
    "held by somebody else": (WRONG, lambda s: change(s.snapshot.tickets, 0, operator=12)),
    "merged and open": (WRONG, merge_and_stay_open),
    "merged into another one": (WRONG, merge_elsewhere),
    "merged, and the other does not know": (WRONG, merge_one_side),
    "a mail about a merge": (WRONG, mail_merged),
    "taken by nobody": (LOST, lambda s: s.actions.done.update([("taken", 2, 11)])),
    "closed by somebody else": (LOST, lambda s: s.actions.done.update([("closed", 1, 12)])),
    "closed twice, as was answered": (LOST, lambda s: s.actions.done.update([("closed", 1, 11)])),
    "an answer is not there": (LOST, lambda s: s.actions.written.update({("reply11x00002", 1): 4})),
    "a tag is not there": (LOST, lambda s: s.actions.written.update({("tag11x00002", 1): 6})),
    "an answer stands twice": (
        DOUBLED,
        lambda s: change(s.snapshot.messages, 1, sender_type="operator", text="reply11x00001"),
    ),
    "a change without its notice": (
        LOST,
        lambda s: (s.snapshot.outbox.pop(1), s.snapshot.arrived.pop(1)),
    ),
    "two notices of one change": (DOUBLED, lambda s: send(s.snapshot, 1, "created")),
    "taken is mailed twice": (WRONG, tell_of_taken_twice),
    "closed again without a mail": (LOST, close_again_silently),
    "a notice to somebody else": (
        WRONG,
        lambda s: change(s.snapshot.outbox, 0, recipient="eve@customers.example"),
    ),
    "an operator is told twice": (DOUBLED, tell_again),
    "an operator is told of their own note": (WRONG, tell_the_author),
    "the holder is not told": (LOST, tell_nobody),
    "the holder is told of an auto-reply": (WRONG, tell_of_an_auto_reply),
    "a note is mailed": (WRONG, mail_a_note),
}


@pytest.mark.parametrize("name", WRONGS)
def test_what_is_off_in_tickets_is_found(name: str) -> None:
    kind, happen = WRONGS[name]
    story = Story()

    happen(story)

    assert kind in story.violations()


@pytest.mark.parametrize(
    ("text", "has_note"), [("Under warranty? note12x00001", True), ("Note 12 of 1", False)]
)
def test_a_note_is_seen_in_an_encoded_part_of_a_mail(text: str, has_note: bool) -> None:
    content = MIMEText(text, _charset="utf-8")  # in base64

    delivered = arrived_mail(Received("", IVAN, content.as_bytes(), 1))

    assert delivered.has_note is has_note
