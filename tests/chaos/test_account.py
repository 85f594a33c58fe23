"""The account finds what is off: each book here has one thing wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.chaos.account import DOUBLED, LOST, STUCK, WRONG, account
from tests.chaos.books import Arrived, Books, Entry, Inbound, Message, Outbound, Ticket
from tests.chaos.desk import Deeds
from tests.chaos.letters import COPY, PERSON, TOO_DEEP, Letter

IVAN, ROBOT = "sender9@customers.example", "sender0@customers.example"


@dataclass
class Story:
    """One person's two mails and a copy; a ticket taken, answered and closed; all as it should."""

    letters: list[Letter] = field(
        default_factory=lambda: [
            letter(0, PERSON, "mark000000"),
            letter(1, PERSON, "mark000001"),
            letter(2, COPY, "mark000001"),
        ]
    )
    answers: dict[str, list[str]] = field(
        default_factory=lambda: {
            "mail000000": ["accepted"],
            "mail000001": ["accepted", "duplicate"],
            "mail000002": ["duplicate"],
        }
    )
    deeds: Deeds = field(
        default_factory=lambda: Deeds(taken={1: 11}, closed={1: 11}, replied={"reply11x00001": 1})
    )
    refusals: int = 0
    kills: int = 0
    books: Books = field(
        default_factory=lambda: Books(
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

    def findings(self) -> list[str]:
        found = account(
            self.books,
            letters=self.letters,
            answers=self.answers,
            deeds=self.deeds,
            robots=[ROBOT],
            refusals=self.refusals,
            kills=self.kills,
        )
        return sorted({finding.kind for finding in found})


def letter(position: int, kind: str, mark: str) -> Letter:
    return Letter(f"mail{position:06d}", IVAN, kind, mark, position, position, b"")


def outbound(number: int, *, entry: int, kind: str) -> Outbound:
    message_id = f"<{number}@desk.example>"
    return Outbound(
        number, 1, entry, kind, IVAN, message_id, f"bytes{number}", "sent", False, 0, 250
    )


def arrived(number: int) -> Arrived:
    return Arrived(f"<{number}@desk.example>", IVAN, f"bytes{number}")


def change(rows: list[Any], index: int, **values: object) -> object:
    rows[index] = rows[index]._replace(**values)
    return rows[index]


def add(rows: list[Any], row: object) -> object:
    rows.append(row)
    return row


def uncertain_and_sent_twice(story: Story) -> None:
    change(story.books.outbox, 0, uncertain_attempts=1)
    story.books.arrived.append(arrived(1))


def refused(story: Story) -> None:
    change(story.books.outbox, 0, state="failed", smtp_code=550)
    del story.books.arrived[0]
    story.refusals = 1


def quarantined_with_its_copy(story: Story) -> None:
    why = "gave up after 3 tries: its worker died"
    change(story.books.inbox, 1, state="quarantined", reason=why, message=None)
    change(story.books.inbox, 2, state="quarantined", reason=why)
    story.kills = 6
    del story.books.messages[1], story.books.history[1]
    change(story.books.messages, 1, number=2)


def unreadable(story: Story) -> None:
    story.letters.append(letter(3, TOO_DEEP, "mark000003"))
    story.answers["mail000003"] = ["accepted"]
    story.books.inbox.append(Inbound(4, "mail000003", "quarantined", "nested too deep", None))


def uncertain_for_good(story: Story) -> None:
    change(story.books.outbox, 0, state="uncertain", uncertain_attempts=3)


def suppressed_for_nobody(story: Story) -> None:
    change(story.books.tickets, 0, requester="nobody@sender.invalid")
    for index in range(4):
        change(story.books.outbox, index, recipient="nobody@sender.invalid", state="suppressed")
    story.books.arrived.clear()


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
def test_good_books_hold(happen: Callable[[Story], None]) -> None:
    story = Story()

    happen(story)

    assert story.findings() == []


def open_two_tickets(story: Story) -> None:
    """A second ticket of the same person, complete in itself, while the first is open."""
    books = story.books
    books.tickets[:] = [Ticket(1, IVAN, "in_progress"), Ticket(2, IVAN, "new")]
    del books.history[4], books.outbox[3], books.arrived[3]
    story.deeds.closed.clear()
    books.messages.append(Message(4, 2, 1, "user", "no mark"))
    books.history.append(Entry(6, 2, "opened", 4, None, 15.0))
    books.outbox.append(outbound(5, entry=6, kind="created")._replace(ticket=2))
    books.arrived.append(arrived(5))


def read_too_deep(story: Story) -> None:
    unreadable(story)
    change(story.books.inbox, 3, state="ignored", reason="seen")


def quarantined_early(story: Story) -> None:
    quarantined_with_its_copy(story)
    change(story.books.inbox, 1, reason="gave up after 1 tries: its worker died")


def quarantined_too_often(story: Story) -> None:
    quarantined_with_its_copy(story)
    story.kills = 5


def given_up_too_early(story: Story) -> None:
    change(story.books.outbox, 0, state="uncertain", uncertain_attempts=2)


def suppressed_for_a_person(story: Story) -> None:
    change(story.books.outbox, 0, state="suppressed")
    del story.books.arrived[0]


WRONGS: dict[str, tuple[str, Callable[[Story], object]]] = {
    "never acknowledged": (WRONG, lambda s: s.answers.pop("mail000000")),
    "rejected": (WRONG, lambda s: s.answers["mail000000"].append("rejected")),
    "accepted twice": (DOUBLED, lambda s: s.answers["mail000000"].append("accepted")),
    "acknowledged, not stored": (LOST, lambda s: s.books.inbox.pop(2)),
    "stored twice": (DOUBLED, lambda s: add(s.books.inbox, s.books.inbox[2])),
    "posted by nobody": (
        WRONG,
        lambda s: add(s.books.inbox, Inbound(9, "other", "ignored", "seen", None)),
    ),
    "never worked": (STUCK, lambda s: change(s.books.inbox, 2, state="received")),
    "ignored for no reason": (WRONG, lambda s: change(s.books.inbox, 2, reason="")),
    "unreadable and not set aside": (WRONG, read_too_deep),
    "set aside before its third try": (LOST, quarantined_early),
    "set aside without so many kills": (LOST, quarantined_too_often),
    "processed without a message": (WRONG, lambda s: change(s.books.inbox, 1, message=None)),
    "in no message": (LOST, lambda s: change(s.books.messages, 0, text="")),
    "in two messages": (DOUBLED, lambda s: change(s.books.messages, 1, text="mark000000")),
    "a gap in the numbers": (WRONG, lambda s: change(s.books.messages, 2, number=4)),
    "a doubled number": (WRONG, lambda s: change(s.books.messages, 2, number=2)),
    "out of order": (
        WRONG,
        lambda s: (
            change(s.books.messages, 0, number=2),
            change(s.books.messages, 1, number=1),
        ),
    ),
    "two open tickets": (DOUBLED, open_two_tickets),
    "closed without a step": (
        WRONG,
        lambda s: (s.books.history.pop(4), s.books.outbox.pop(3), s.books.arrived.pop(3)),
    ),
    "taken twice": (
        WRONG,
        lambda s: add(s.books.history, Entry(6, 1, "taken", None, 11, 12.5)),
    ),
    "a message without a step": (WRONG, lambda s: s.books.history.pop(1)),
    "taken by nobody": (LOST, lambda s: s.deeds.taken.update({2: 11})),
    "closed by somebody else": (LOST, lambda s: s.deeds.closed.update({1: 12})),
    "an answer is not there": (LOST, lambda s: s.deeds.replied.update({"reply11x00002": 1})),
    "an answer stands twice": (
        DOUBLED,
        lambda s: change(s.books.messages, 1, sender_type="operator", text="reply11x00001"),
    ),
    "a change without its notice": (
        LOST,
        lambda s: (s.books.outbox.pop(1), s.books.arrived.pop(1)),
    ),
    "two notices of one change": (
        DOUBLED,
        lambda s: (
            add(s.books.outbox, outbound(5, entry=1, kind="created")),
            add(s.books.arrived, arrived(5)),
        ),
    ),
    "a notice to somebody else": (
        WRONG,
        lambda s: change(s.books.outbox, 0, recipient="eve@customers.example"),
    ),
    "still queued": (STUCK, lambda s: change(s.books.outbox, 0, state="queued", waits=True)),
    "sending for ever": (STUCK, lambda s: change(s.books.outbox, 0, state="sending")),
    "sent, not arrived": (LOST, lambda s: s.books.arrived.pop(0)),
    "arrived twice without a cause": (DOUBLED, lambda s: add(s.books.arrived, arrived(1))),
    "suppressed and arrived": (WRONG, lambda s: change(s.books.outbox, 0, state="suppressed")),
    "other bytes": (WRONG, lambda s: change(s.books.arrived, 0, digest="others")),
    "uncertain and given up early": (LOST, given_up_too_early),
    "a person is not told": (LOST, suppressed_for_a_person),
    "in no outbox": (WRONG, lambda s: add(s.books.arrived, arrived(9))),
    "failed without a refusal": (
        LOST,
        lambda s: (
            change(s.books.outbox, 0, state="failed", smtp_code=451),
            s.books.arrived.pop(0),
        ),
    ),
    "more failed than were refused": (
        LOST,
        lambda s: (
            change(s.books.outbox, 0, state="failed", smtp_code=550),
            s.books.arrived.pop(0),
        ),
    ),
    "a machine was answered": (
        WRONG,
        lambda s: change(s.books.arrived, 0, recipient=ROBOT),
    ),
}


@pytest.mark.parametrize("name", WRONGS)
def test_what_is_off_is_found(name: str) -> None:
    kind, happen = WRONGS[name]
    story = Story()

    happen(story)

    assert kind in story.findings()
