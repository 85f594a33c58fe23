"""The checks find each kind of violation: every snapshot here has one thing wrong with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.mails import BROKEN, TOO_DEEP
from tests.chaos.snapshot import Inbound
from tests.chaos.story import MACHINE, Story, add, arrived, change, mail
from tests.chaos.violations import DOUBLED, LOST, STUCK, WRONG


def uncertain_and_sent_twice(story: Story) -> None:
    change(story.snapshot.outbox, 0, uncertain_attempts=1)
    story.snapshot.arrived.append(arrived(1))


def refused(story: Story) -> None:
    change(story.snapshot.outbox, 0, state="failed", smtp_code=550)
    del story.snapshot.arrived[0]
    story.refusals = 1


def quarantined_with_its_copy(story: Story) -> None:
    why = "gave up after 3 tries: its worker died"
    change(story.snapshot.inbox, 1, state="quarantined", reason=why, message=None)
    change(story.snapshot.inbox, 2, state="quarantined", reason=why)
    story.kills = 6
    del story.snapshot.messages[1], story.snapshot.history[1]
    change(story.snapshot.messages, 1, number=2)


def unreadable(story: Story) -> None:
    story.mails.append(mail(3, TOO_DEEP, "mark000003"))
    story.answers["mail000003"] = ["accepted"]
    story.snapshot.inbox.append(Inbound(4, "mail000003", "quarantined", "nested too deep", None))


def uncertain_for_good(story: Story) -> None:
    change(story.snapshot.outbox, 0, state="uncertain", uncertain_attempts=3)


def suppressed_for_nobody(story: Story) -> None:
    story.mails[:2] = [replace(broken, kind=BROKEN) for broken in story.mails[:2]]
    change(story.snapshot.tickets, 0, requester="nobody@sender.invalid")
    for index in range(4):
        change(story.snapshot.outbox, index, recipient="nobody@sender.invalid", state="suppressed")
    story.snapshot.arrived.clear()


@pytest.mark.parametrize(
    "happen",
    [
        lambda _story: None,
        uncertain_and_sent_twice,
        uncertain_for_good,
        refused,
        quarantined_with_its_copy,
        unreadable,
        suppressed_for_nobody,
    ],
)
def test_a_run_without_violations_passes(happen: Callable[[Story], None]) -> None:
    story = Story()

    happen(story)

    assert story.violations() == []


def read_too_deep(story: Story) -> None:
    unreadable(story)
    change(story.snapshot.inbox, 3, state="ignored", reason="seen")


def quarantined_early(story: Story) -> None:
    quarantined_with_its_copy(story)
    change(story.snapshot.inbox, 1, reason="gave up after 1 tries: its worker died")


def quarantined_too_often(story: Story) -> None:
    quarantined_with_its_copy(story)
    story.kills = 5


def given_up_too_early(story: Story) -> None:
    change(story.snapshot.outbox, 0, state="uncertain", uncertain_attempts=2)


def suppressed_for_a_person(story: Story) -> None:
    change(story.snapshot.outbox, 0, state="suppressed")
    del story.snapshot.arrived[0]


WRONGS: dict[str, tuple[str, Callable[[Story], object]]] = {
    "never acknowledged": (WRONG, lambda s: s.answers.pop("mail000000")),
    "rejected": (WRONG, lambda s: s.answers["mail000000"].append("rejected")),
    "accepted twice": (DOUBLED, lambda s: s.answers["mail000000"].append("accepted")),
    "acknowledged, not stored": (LOST, lambda s: s.snapshot.inbox.pop(2)),
    "stored twice": (DOUBLED, lambda s: add(s.snapshot.inbox, s.snapshot.inbox[2])),
    "posted by nobody": (
        WRONG,
        lambda s: add(s.snapshot.inbox, Inbound(9, "other", "ignored", "seen", None)),
    ),
    "never worked": (STUCK, lambda s: change(s.snapshot.inbox, 2, state="received")),
    "ignored for no reason": (WRONG, lambda s: change(s.snapshot.inbox, 2, reason="")),
    "unreadable and not set aside": (WRONG, read_too_deep),
    "set aside before its third try": (LOST, quarantined_early),
    "set aside without so many kills": (LOST, quarantined_too_often),
    "processed without a message": (WRONG, lambda s: change(s.snapshot.inbox, 1, message=None)),
    "in no message": (LOST, lambda s: change(s.snapshot.messages, 0, text="")),
    "in two messages": (DOUBLED, lambda s: change(s.snapshot.messages, 1, text="mark000000")),
    "a gap in the numbers": (WRONG, lambda s: change(s.snapshot.messages, 2, number=4)),
    "a doubled number": (WRONG, lambda s: change(s.snapshot.messages, 2, number=2)),
    "out of order": (
        WRONG,
        lambda s: (
            change(s.snapshot.messages, 0, text="mark000001"),
            change(s.snapshot.messages, 1, text="mark000000"),
        ),
    ),
    "still queued": (STUCK, lambda s: change(s.snapshot.outbox, 0, state="queued", waits=True)),
    "sending for ever": (STUCK, lambda s: change(s.snapshot.outbox, 0, state="sending")),
    "sent, not arrived": (LOST, lambda s: s.snapshot.arrived.pop(0)),
    "arrived twice without a cause": (DOUBLED, lambda s: add(s.snapshot.arrived, arrived(1))),
    "suppressed and arrived": (WRONG, lambda s: change(s.snapshot.outbox, 0, state="suppressed")),
    "other bytes": (WRONG, lambda s: change(s.snapshot.arrived, 0, digest="others")),
    "uncertain and given up early": (LOST, given_up_too_early),
    "a person gets no notice": (LOST, suppressed_for_a_person),
    "in no outbox": (WRONG, lambda s: add(s.snapshot.arrived, arrived(9))),
    "failed without a refusal": (
        LOST,
        lambda s: (
            change(s.snapshot.outbox, 0, state="failed", smtp_code=451),
            s.snapshot.arrived.pop(0),
        ),
    ),
    "more failed than were refused": (
        LOST,
        lambda s: (
            change(s.snapshot.outbox, 0, state="failed", smtp_code=550),
            s.snapshot.arrived.pop(0),
        ),
    ),
    "not found by the search": (LOST, lambda s: s.snapshot.unfound.append("mark000001")),
    "a machine was answered": (
        WRONG,
        lambda s: change(s.snapshot.arrived, 0, recipient=MACHINE),
    ),
}


@pytest.mark.parametrize("name", WRONGS)
def test_what_is_off_is_found(name: str) -> None:
    kind, happen = WRONGS[name]
    story = Story()

    happen(story)

    assert kind in story.violations()
