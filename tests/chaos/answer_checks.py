"""Check operators' answers: who gets them, what was done with them, and what was taken back."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.chaos.actions import AnswerOptions, OperatorActions
from tests.chaos.replay import walk
from tests.chaos.snapshot import DeliveredMail, Entry, Outbound, Snapshot
from tests.chaos.violations import DOUBLED, LOST, WRONG, Violation

_MARK = re.compile(r"reply\d+x\d{5}")
HELD, RELEASED, WITHDRAWN = "reply_held", "reply_released", "reply_withdrawn"
_LATER_EVENTS = (HELD, RELEASED, WITHDRAWN)


@dataclass
class SentAnswer:
    """An operator's answer with all that is known of it.

    holder: who held the ticket then. people: who took part in it.
    alongside: what else was done by the same request. later: what was done with it.
    """

    entry: Entry  # that it was written
    mark: str
    options: AnswerOptions
    requester: str
    holder: int | None
    people: set[str]
    alongside: list[Entry] = field(default_factory=list)
    later: list[Entry] = field(default_factory=list)
    rows: list[Outbound] = field(default_factory=list)
    arrived: list[DeliveredMail] = field(default_factory=list)

    @property
    def released(self) -> Entry | None:
        """The entry that it was sent by hand after it was held, if it was."""
        events = [entry.event for entry in self.later]
        after_held = self.later[events.index(HELD) :] if HELD in events else []
        return next((entry for entry in after_held if entry.event == RELEASED), None)

    @property
    def is_hurried(self) -> bool:
        """Whether it was sent by hand before its time."""
        return any(entry.event == RELEASED for entry in self.later)


def read_answers(snapshot: Snapshot, actions: OperatorActions) -> list[SentAnswer]:
    """Return all answers, in the order in which they were written."""
    marks = {message.id: _read_mark(message.text) for message in snapshot.messages}
    answers: dict[int | None, SentAnswer] = {}
    by_version: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for entry, desk in walk(snapshot):
        by_version[entry.ticket, entry.version].append(entry)
        if entry.event == "operator_replied":
            mark = marks[entry.message or 0]
            answers[entry.message] = SentAnswer(
                entry,
                mark,
                actions.options.get(mark, AnswerOptions()),
                desk.requesters[entry.ticket],
                desk.holders.get(entry.ticket),
                set(desk.people[entry.ticket]),
            )
        elif entry.event in _LATER_EVENTS and entry.message in answers:
            answers[entry.message].later.append(entry)
    for answer in answers.values():
        together = by_version[answer.entry.ticket, answer.entry.version]
        by = answer.entry.operator
        answer.alongside = [
            entry for entry in together if entry.operator == by and entry is not answer.entry
        ]
    _add_mails(answers, snapshot)
    return list(answers.values())


def _read_mark(text: str) -> str:
    match = _MARK.search(text)
    return match.group() if match else ""


def _add_mails(answers: dict[int | None, SentAnswer], snapshot: Snapshot) -> None:
    """Add to answers their mails in the outbox, and those that arrived."""
    by_message_id = {}
    for row in snapshot.outbox:
        if row.message in answers:
            answers[row.message].rows.append(row)
            by_message_id[row.message_id] = answers[row.message]
    for mail in snapshot.arrived:
        if mail.message_id in by_message_id:
            by_message_id[mail.message_id].arrived.append(mail)


def find_violations(
    snapshot: Snapshot, actions: OperatorActions, answers: Sequence[SentAnswer]
) -> Iterator[Violation]:
    """Yield every broken promise about answers."""
    notices = {(row.entry, row.recipient): row.id for row in snapshot.outbox if not row.message}
    versions = Counter(
        (entry.ticket, entry.version) for entry in snapshot.history if entry.operator
    )
    crossings = {entry.message: entry for entry in snapshot.history if entry.event in _WRITTEN}
    for answer in answers:
        yield from _recipients(answer)
        yield from _steps(answer, notices)
        yield from _later_steps(answer, versions, crossings)
        yield from _ends(answer)
    states = {(row.message, row.recipient): row.state for row in snapshot.outbox}
    for message, recipient in actions.withdrawn:
        state = states.get((message, recipient))
        if state != "withdrawn":
            yield Violation(WRONG, f"message {message} was taken back from {recipient}, is {state}")


_WRITTEN = ("opened", "requester_wrote")


def _recipients(answer: SentAnswer) -> Iterator[Violation]:
    """The requester and the chosen participants have one row each, all of one mail."""
    copies = answer.people if answer.options.cc is None else set(answer.options.cc)
    counts = Counter(row.recipient for row in answer.rows)
    for recipient in {answer.requester, *copies, *counts}:
        text = f"{answer.mark} has {counts[recipient]} mails to {recipient}"
        if recipient not in {answer.requester, *copies}:
            yield Violation(WRONG, text)
        elif counts[recipient] != 1:
            yield Violation(DOUBLED if counts[recipient] else LOST, text)
    if len({(row.message_id, row.digest) for row in answer.rows}) > 1:
        yield Violation(WRONG, f"{answer.mark} is another mail to some of its recipients")


def _steps(answer: SentAnswer, notices: dict[tuple[int | None, str], int]) -> Iterator[Violation]:
    """Taking and closing were done with the answer, and are mailed after it."""
    done = [entry.event for entry in answer.alongside]
    needs_taking = "taken" in done or answer.holder != answer.entry.operator
    wanted = ["taken"] if answer.options.take and needs_taking else []
    wanted += ["closed"] if answer.options.close else []
    if done != wanted:
        yield Violation(WRONG, f"with {answer.mark} was {done} instead of {wanted}")
    last_row = max((row.id for row in answer.rows), default=0)
    for entry in answer.alongside:
        if notices.get((entry.id, answer.requester), last_row) < last_row:
            yield Violation(WRONG, f"{entry.event} is mailed before {answer.mark}")


def _later_steps(
    answer: SentAnswer,
    versions: Counter[tuple[int, int]],
    crossings: dict[int | None, Entry],
) -> Iterator[Violation]:
    """It is held once, and sent by hand if it is held or was scheduled, each for a reason."""
    is_held = False
    may_be_held = answer.options.hold_if_crossed
    for entry in answer.later:
        is_allowed = entry.event == HELD or versions[entry.ticket, entry.version] == 1
        if entry.event == HELD:
            crossing = crossings.get(entry.after)
            is_allowed = may_be_held and crossing is not None and _is_before(crossing, entry)
            is_held, may_be_held = True, False
        elif entry.event == RELEASED:
            is_allowed &= is_held or answer.options.send_at is not None
            is_held = False
        if not is_allowed:
            yield Violation(WRONG, f"{answer.mark} was {entry.event} in step {entry.id}")


def _is_before(crossing: Entry, held: Entry) -> bool:
    """Return whether a message is in another ticket, or in an older version at most."""
    return crossing.ticket != held.ticket or crossing.version <= held.version


def _ends(answer: SentAnswer) -> Iterator[Violation]:
    """Its mails have the state of its last steps; what was held has not arrived."""
    events = [entry.event for entry in answer.later]
    states = Counter(row.state for row in answer.rows)
    if bool(states["withdrawn"]) != (WITHDRAWN in events):
        yield Violation(WRONG, f"{answer.mark} is {dict(states)} after {events}")
    held = [row for row in answer.rows if row.state == "held"]
    is_held = events[-1:] == [HELD]
    others = states.keys() - {"held", "withdrawn", "suppressed"}
    if bool(held) != is_held or (is_held and others):
        yield Violation(WRONG, f"{answer.mark} is {dict(states)} after {events}")
    if is_held and {row.held_by for row in held} - {answer.later[-1].after}:
        yield Violation(WRONG, f"{answer.mark} is not held by {answer.later[-1].after}")
    released = answer.released
    for mail in answer.arrived:
        if HELD in events and (released is None or mail.at < released.at):
            yield Violation(WRONG, f"{answer.mark} was held and arrived at {mail.recipient}")
