"""What operators did by the API, as far as it answered them: the checks hold it to that."""

import threading
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

# Event, ticket, operator: what operators count of what they do.
Step = tuple[str, int, int]


@dataclass(frozen=True)
class AnswerOptions:
    """How an operator wants an answer to be sent.

    cc: None stands for all participants. send_at: seconds since 1970.
    """

    cc: tuple[str, ...] | None = None
    send_at: float | None = None
    hold_if_crossed: bool = False
    take: bool = False
    close: bool = False


@dataclass
class OperatorActions:
    """What the API confirmed to operators: the checks expect all of it in the database.

    done: how often each step was confirmed.
    unsure: how often it may have been done besides, since no answer came, however often asked for.
    written: each mark and its ticket, with what the API called it: the number of a message or note,
    the version of a ticket; None where it called it nothing.
    versions: the highest of each ticket that was answered.
    options: of each answer that was tried, by its mark.
    stored_at: when the API confirmed an answer, by its mark.
    withdrawn: messages and recipients whom the API called withdrawn.
    unequal: answers to a repeated request that were not the first one's.
    """

    done: Counter[Step] = field(default_factory=Counter)
    unsure: Counter[Step] = field(default_factory=Counter)
    written: dict[tuple[str, int], int | None] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    options: dict[str, AnswerOptions] = field(default_factory=dict)
    stored_at: dict[str, float] = field(default_factory=dict)
    withdrawn: set[tuple[int, str]] = field(default_factory=set)
    unequal: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, step: Step, status: int) -> None:
        """Count a step that was answered with a status, 0 for no answer."""
        with self.lock:
            if status == 200:
                self.done[step] += 1
            elif is_lost(status):
                self.unsure[step] += 1

    def remember_version(self, ticket: int, version: int) -> None:
        with self.lock:
            self.versions[ticket] = max(version, self.versions.get(ticket, 0))

    def confirm(self, mark: str, ticket: int, identity: int | None = None) -> None:
        with self.lock:
            self.written[mark, ticket] = identity

    def confirm_answer(self, mark: str, ticket: int, message: int) -> None:
        self.confirm(mark, ticket, message)
        with self.lock:
            self.stored_at[mark] = time.time()

    def confirm_withdrawn(self, message: int, recipients: Collection[str]) -> None:
        with self.lock:
            self.withdrawn.update((message, recipient) for recipient in recipients)


def is_lost(status: int) -> bool:
    """Return whether an answer leaves open whether the request had its effect."""
    return status == 0 or status >= 500
