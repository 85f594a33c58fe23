"""The checks find each kind of violation: every snapshot here has one thing wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.chaos.checks import DOUBLED, LOST, STUCK, WRONG, find_violations
from tests.chaos.mails import COPY, PERSON, TOO_DEEP, GeneratedMail
from tests.chaos.operators import OperatorActions
from tests.chaos.snapshot import DeliveredMail, Entry, Inbound, Message, Outbound, Snapshot, Ticket

IVAN, MACHINE = "sender9@customers.example", "sender0@customers.example"


@dataclass
class Story:
    """One person's two mails and a copy; a ticket taken, answered and closed; all as it should."""

    mails: list[GeneratedMail] = field(
        default_factory=lambda: [
            mail(0, PERSON, "mark000000"),
            mail(1, PERSON, "mark000001"),
            mail(2, COPY, "mark000001"),
        ]
    )
    answers: dict[str, list[str]] = field(
        default_factory=lambda: {
            "mail000000": ["accepted"],
            "mail000001": ["accepted", "duplicate"],
            "mail000002": ["duplicate"],
        }
    )
    actions: OperatorActions = field(
        default_factory=lambda: OperatorActions(
            taken={1: 11}, closed={1: 11}, replied={"reply11x00001": 1}
        )
    )
    refusals: int = 0
    kills: int = 0
    snapshot: Snapshot = field(
        default_factory=lambda: Snapshot(
            inbox=[
                Inbound(1, "mail000000", "processed", "", 1),
                Inbound(2, "mail000001", "processed", "", 2),
                Inbound(3, "mail000002", "ignored", "seen", None),
            ],
            messages=[
                Message(1, 1, 1, "user", "It is broken again. mark000000"),
                Message(2, 1, 2, "user", "It is broken again. mark000001"),
                Message(3, 1, 3, "operator", "Please try again. reply11x00001"),
            ],
            tickets=[Ticket(1, IVAN, "closed")],
            history=[
                Entry(1, 1, "opened", 1, None, 10.0),
                Entry(2, 1, "requester_wrote", 2, None, 11.0),
                Entry(3, 1, "taken", None, 11, 12.0),
                Entry(4, 1, "operator_replied", 3, 11, 13.0),
                Entry(5, 1, "closed", None, 11, 14.0),
            ],
            outbox=[
                outbound(1, entry=1, kind="created"),
                outbound(2, entry=3, kind="in_progress"),
                outbound(3, entry=4, kind="reply"),
                outbound(4, entry=5, kind="closed"),
            ],
            arrived=[arrived(number) for number in (1, 2, 3, 4)],
        )
    )

    def violations(self) -> list[str]:
        violations = find_violations(
            self.snapshot,
            mails=self.mails,
            answers=self.answers,
            actions=self.actions,
            machines=[MACHINE],
            refusals=self.refusals,
            kills=self.kills,
        )
        return sorted({violation.kind for violation in violations})


def mail(position: int, kind: str, mark: str) -> GeneratedMail:
    return GeneratedMail(f"mail{position:06d}", IVAN, kind, mark, position, position, b"")


def outbound(number: int, *, entry: int, kind: str) -> Outbound:
    message_id = f"<{number}@desk.example>"
    return Outbound(
        number, 1, entry, kind, IVAN, message_id, f"bytes{number}", "sent", False, 0, 250
    )


def arrived(number: int) -> DeliveredMail:
    return DeliveredMail(f"<{number}@desk.example>", IVAN, f"bytes{number}")


def change(rows: list[Any], index: int, **values: object) -> object:
    rows[index] = rows[index]._replace(**values)
    return rows[index]


def add(rows: list[Any], row: object) -> object:
    rows.append(row)
    return row


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


def open_two_tickets(story: Story) -> None:
    """A second ticket of the same person, complete in itself, while the first is open."""
    snapshot = story.snapshot
    snapshot.tickets[:] = [Ticket(1, IVAN, "in_progress"), Ticket(2, IVAN, "new")]
    del snapshot.history[4], snapshot.outbox[3], snapshot.arrived[3]
    story.actions.closed.clear()
    snapshot.messages.append(Message(4, 2, 1, "user", "no mark"))
    snapshot.history.append(Entry(6, 2, "opened", 4, None, 15.0))
    snapshot.outbox.append(outbound(5, entry=6, kind="created")._replace(ticket=2))
    snapshot.arrived.append(arrived(5))


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
            change(s.snapshot.messages, 0, number=2),
            change(s.snapshot.messages, 1, number=1),
        ),
    ),
    "two open tickets": (DOUBLED, open_two_tickets),
    "closed without a step": (
        WRONG,
        lambda s: (s.snapshot.history.pop(4), s.snapshot.outbox.pop(3), s.snapshot.arrived.pop(3)),
    ),
    "taken twice": (
        WRONG,
        lambda s: add(s.snapshot.history, Entry(6, 1, "taken", None, 11, 12.5)),
    ),
    "a message without a step": (WRONG, lambda s: s.snapshot.history.pop(1)),
    "taken by nobody": (LOST, lambda s: s.actions.taken.update({2: 11})),
    "closed by somebody else": (LOST, lambda s: s.actions.closed.update({1: 12})),
    "an answer is not there": (LOST, lambda s: s.actions.replied.update({"reply11x00002": 1})),
    "an answer stands twice": (
        DOUBLED,
        lambda s: change(s.snapshot.messages, 1, sender_type="operator", text="reply11x00001"),
    ),
    "a change without its notice": (
        LOST,
        lambda s: (s.snapshot.outbox.pop(1), s.snapshot.arrived.pop(1)),
    ),
    "two notices of one change": (
        DOUBLED,
        lambda s: (
            add(s.snapshot.outbox, outbound(5, entry=1, kind="created")),
            add(s.snapshot.arrived, arrived(5)),
        ),
    ),
    "a notice to somebody else": (
        WRONG,
        lambda s: change(s.snapshot.outbox, 0, recipient="eve@customers.example"),
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
