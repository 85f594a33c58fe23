"""A run in which all went well, for the tests of the checks, which put one thing wrong in it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.actions import AnswerOptions, OperatorActions
from tests.chaos.checks import find_violations
from tests.chaos.mails import COPY, PERSON, GeneratedMail
from tests.chaos.snapshot import DeliveredMail, Entry, Inbound, Message, Outbound, Snapshot, Ticket
from tests.chaos.ticket_checks import COUNTED

IVAN, PETR = "sender9@customers.example", "sender8@customers.example"
MACHINE = "sender0@customers.example"


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
            done=Counter({("taken", 1, 11): 1, ("closed", 1, 11): 1}),
            written={("reply11x00001", 1): 3},
            versions={1: 5},
            options={"reply11x00001": AnswerOptions()},
            stored_at={"reply11x00001": 60.0},
        )
    )
    acknowledged_at: dict[str, float] = field(default_factory=dict)
    refusals: int = 0
    kills: int = 0
    crashes: list[float] = field(default_factory=list)
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
            tickets=[Ticket(1, IVAN, "closed", 11, 5)],
            history=[
                Entry(1, 1, "opened", 1, None, None, "new", 1),
                Entry(2, 1, "requester_wrote", 2, None, "new", "new", 2),
                Entry(3, 1, "taken", None, 11, "new", "in_progress", 3, changed(None, 11)),
                Entry(4, 1, "operator_replied", 3, 11, "in_progress", "in_progress", 4),
                Entry(5, 1, "closed", None, 11, "in_progress", "closed", 5),
            ],
            outbox=[
                outbound(1, entry=1, kind="created"),
                outbound(2, entry=3, kind="in_progress"),
                outbound(3, entry=4, kind="reply")._replace(message=3),
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
            acknowledged_at=self.acknowledged_at,
            actions=self.actions,
            machines=[MACHINE],
            refusals=self.refusals,
            kills=self.kills,
            crashes=self.crashes,
        )
        return sorted({violation.kind for violation in violations})


def changed(before: object, after: object) -> dict[str, object]:
    return {"before": before, "after": after}


def mail(position: int, kind: str, mark: str) -> GeneratedMail:
    return GeneratedMail(f"mail{position:06d}", IVAN, kind, mark, position, position, b"")


def outbound(number: int, *, entry: int, kind: str) -> Outbound:
    message_id = f"<{number}@desk.example>"
    return Outbound(
        number, 1, entry, kind, IVAN, message_id, f"bytes{number}", "sent", False, 0, 250
    )


def arrived(number: int) -> DeliveredMail:
    return DeliveredMail(f"<{number}@desk.example>", IVAN, f"bytes{number}")


def step(
    story: Story,
    event: str,
    *,
    ticket: int = 1,
    by: int | None = 11,
    to: str = "",
    details: dict[str, object] | None = None,
    message: int | None = None,
    same_version: bool = False,
) -> Entry:
    """Add an entry to the history of a ticket, which has its status and version from now on.

    If operators count such steps, it was confirmed. An answer must have its mails added.
    """
    snapshot = story.snapshot
    index = ticket - 1
    now = snapshot.tickets[index]
    status, version = to or now.status, now.version + (not same_version)
    entry = Entry(
        len(snapshot.history) + 1, ticket, event, message, by, now.status, status, version, details
    )
    waiting_on = None if status == "closed" else "operator"
    change(snapshot.tickets, index, status=status, version=version, waiting_on=waiting_on)
    snapshot.history.append(entry)
    is_counted = event not in ("merged", "unmerged") or entry.merged_into
    if event in COUNTED and by and is_counted:
        story.actions.done[event, ticket, by] += 1
    return entry


def send(snapshot: Snapshot, entry: int, kind: str, recipient: str = IVAN) -> None:
    number = len(snapshot.outbox) + 1
    snapshot.outbox.append(outbound(number, entry=entry, kind=kind)._replace(recipient=recipient))
    snapshot.arrived.append(arrived(number)._replace(recipient=recipient))


def tell(snapshot: Snapshot, operator: int, *events: tuple[int, str]) -> None:
    number = len(snapshot.outbox) + 1
    told = [{"entry": entry, "what": what, "who": "Ivan"} for entry, what in events]
    row = outbound(number, entry=1, kind="operator_update")
    snapshot.outbox.append(row._replace(entry=None, operator=operator, events=told))
    snapshot.arrived.append(arrived(number))


def merge(story: Story) -> None:
    """Reopened, and merged into another requester's ticket."""
    snapshot = story.snapshot
    snapshot.tickets.append(Ticket(2, PETR, "new", None, 0, "operator"))
    snapshot.messages.append(Message(4, 2, 1, "user", "no mark"))
    opened = step(story, "opened", ticket=2, by=None, message=4)
    change(snapshot.history, opened.id - 1, status_before=None)
    send(snapshot, opened.id, "created", PETR)
    step(story, "reopened", to="in_progress", details=changed(11, 11))
    was = {"operator": 11, "status": "in_progress"}
    step(story, "merged", to="closed", details=changed(was, {"into": 2}))
    step(story, "merged", ticket=2, details=changed(None, {"from": 1}))
    change(snapshot.tickets, 0, merged_into=2)


def change(rows: list[Any], index: int, **values: object) -> object:
    rows[index] = rows[index]._replace(**values)
    return rows[index]


def add(rows: list[Any], row: object) -> object:
    rows.append(row)
    return row
