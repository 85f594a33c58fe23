"""A run in which all went well, for the tests of the checks, which put one thing wrong in it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.checks import find_violations
from tests.chaos.mails import COPY, PERSON, GeneratedMail
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
            done=Counter({("taken", 1, 11): 1, ("closed", 1, 11): 1}),
            written={("reply11x00001", 1)},
            versions={1: 5},
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


def change(rows: list[Any], index: int, **values: object) -> object:
    rows[index] = rows[index]._replace(**values)
    return rows[index]


def add(rows: list[Any], row: object) -> object:
    rows.append(row)
    return row
