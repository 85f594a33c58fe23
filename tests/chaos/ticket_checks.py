"""Check tickets, their history and what the API confirmed to operators."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.actions import OperatorActions
from tests.chaos.replay import OPEN
from tests.chaos.snapshot import Entry, Snapshot
from tests.chaos.violations import DOUBLED, LOST, STUCK, WRONG, Violation

# The statuses before and after an event; all others leave the status as it is.
_MOVES: dict[str, set[tuple[str | None, str]]] = {
    "opened": {(None, "new")},
    "taken": {("new", "in_progress")},
    "assigned": {
        ("new", "in_progress"),
        ("in_progress", "in_progress"),
        ("in_progress", "new"),
    },
    "closed": {("in_progress", "closed")},
    "reopened": {("closed", "in_progress")},
}
_MOVES_OF_MERGED: dict[str, set[tuple[str | None, str]]] = {
    "merged": {("new", "closed"), ("in_progress", "closed")},
    "unmerged": {("closed", "new"), ("closed", "in_progress")},
}
_WRITTEN = re.compile(r"(?:reply|note)\d+x\d{5}")
_STORING = ("opened", "requester_wrote", "operator_replied")
# What operators do in steps that are counted (`OperatorActions.done`).
COUNTED = {
    *("taken", "closed", "reopened", "merged", "unmerged"),
    *("reply_withdrawn", "reply_released"),
}


def find_violations(snapshot: Snapshot, actions: OperatorActions) -> list[Violation]:
    """Return every broken promise about tickets."""
    return [
        *_one_open(snapshot),
        *_moves(snapshot),
        *_messages(snapshot),
        *_versions(snapshot, actions),
        *_turns(snapshot),
        *_merges(snapshot),
        *_done(snapshot, actions),
        *_written(snapshot, actions),
        *_repeated(actions),
    ]


def _by_ticket(snapshot: Snapshot) -> dict[int, list[Entry]]:
    """Return the history of each ticket in its order, which the lock of the ticket gives it."""
    entries = defaultdict(list)
    for entry in sorted(snapshot.history, key=lambda entry: entry.id):
        entries[entry.ticket].append(entry)
    return entries


def _one_open(snapshot: Snapshot) -> Iterator[Violation]:
    """A requester has one open ticket at most, at any time."""
    requester = {ticket.id: ticket.requester for ticket in snapshot.tickets}
    now_open: dict[str, set[int]] = defaultdict(set)
    for entry in sorted(snapshot.history, key=lambda entry: entry.id):
        theirs = now_open[requester[entry.ticket]]
        if entry.status_after not in OPEN:
            theirs.discard(entry.ticket)
        elif entry.ticket not in theirs:
            if theirs:
                text = f"ticket {entry.ticket} was open while {sorted(theirs)} was"
                yield Violation(DOUBLED, text)
            theirs.add(entry.ticket)


def _moves(snapshot: Snapshot) -> Iterator[Violation]:
    """Each entry goes on from the status before, as its event may; the last has the ticket's."""
    entries = _by_ticket(snapshot)
    for ticket in snapshot.tickets:
        status = None
        for entry in entries[ticket.id]:
            if entry.status_before != status or not _is_allowed(entry):
                text = f"ticket {ticket.id}, {status}: {entry.event} from {entry.status_before}"
                yield Violation(WRONG, f"{text} to {entry.status_after}")
            status = entry.status_after
        if status != ticket.status:
            yield Violation(
                WRONG, f"ticket {ticket.id} is {ticket.status}, in its history {status}"
            )


def _is_allowed(entry: Entry) -> bool:
    moves = _MOVES_OF_MERGED if entry.merged_into else _MOVES
    if entry.event in moves:
        return (entry.status_before, entry.status_after) in moves[entry.event]
    return entry.status_before == entry.status_after


def _messages(snapshot: Snapshot) -> Iterator[Violation]:
    """Each message is stored in one entry."""
    entries = Counter(entry.message for entry in snapshot.history if entry.event in _STORING)
    for message in snapshot.messages:
        if entries[message.id] != 1:
            yield Violation(WRONG, f"message {message.id} stands in {entries[message.id]} steps")


def _versions(snapshot: Snapshot, actions: OperatorActions) -> Iterator[Violation]:
    """A ticket has the version of its last entry, and none that was answered is lost."""
    entries = _by_ticket(snapshot)
    for ticket in snapshot.tickets:
        versions = [entry.version for entry in entries[ticket.id]]
        if versions != sorted(versions) or ticket.version != (versions or [0])[-1]:
            text = f"ticket {ticket.id} has the version {ticket.version} after {versions}"
            yield Violation(WRONG, text)
        answered = actions.versions.get(ticket.id, 0)
        if answered > ticket.version:
            text = f"ticket {ticket.id} has the version {ticket.version}, {answered} was answered"
            yield Violation(LOST, text)


def _turns(snapshot: Snapshot) -> Iterator[Violation]:
    """An open ticket waits for somebody, a closed one for nobody; no snooze outlasts its time."""
    for ticket in snapshot.tickets:
        if (ticket.status in OPEN) != (ticket.waiting_on is not None):
            text = f"ticket {ticket.id} is {ticket.status} and waits for {ticket.waiting_on}"
            yield Violation(WRONG, text)
        if ticket.is_overdue:
            yield Violation(STUCK, f"ticket {ticket.id} was not woken")


def _merges(snapshot: Snapshot) -> Iterator[Violation]:
    """A merged ticket is closed, and both tickets tell of each merge and of its end."""
    entries = _by_ticket(snapshot)
    for ticket in snapshot.tickets:
        if ticket.merged_into is not None and ticket.status != "closed":
            yield Violation(WRONG, f"ticket {ticket.id} is merged and {ticket.status}")
        moves = [entry for entry in entries[ticket.id] if entry.merged_into]
        last = moves[-1] if moves else None
        into = last.merged_into if last and last.event == "merged" else None
        if into != ticket.merged_into:
            text = f"ticket {ticket.id} is in {ticket.merged_into}, in its history in {into}"
            yield Violation(WRONG, text)
    sides: Counter[tuple[str, int, int]] = Counter()  # event, merged ticket, the other one
    for entry in snapshot.history:
        if into := entry.merged_into:
            sides[entry.event, entry.ticket, into] += 1
        elif entry.event in _MOVES_OF_MERGED:
            side = entry.after if entry.event == "merged" else entry.before
            sides[entry.event, side["from"], entry.ticket] -= 1
    for (event, merged, other), count in sides.items():
        if count:
            yield Violation(WRONG, f"{merged} was {event} with {other}, and one of them knows")


def _done(snapshot: Snapshot, actions: OperatorActions) -> Iterator[Violation]:
    """Each step that the API confirmed to an operator has happened, and no other one.

    A step whose request was never answered may have happened. What was done together with an
    answer is compared with the wishes for that: `answer_checks`.
    """
    with_answers = {
        (entry.ticket, entry.version)
        for entry in snapshot.history
        if entry.event == "operator_replied"
    }
    steps = Counter(
        (entry.event, entry.ticket, entry.operator or 0)
        for entry in snapshot.history
        if entry.event in COUNTED
        if entry.event not in _MOVES_OF_MERGED or entry.merged_into
        if (entry.ticket, entry.version) not in with_answers
    )
    for step in steps.keys() | actions.done.keys():
        event, ticket, operator = step
        confirmed = actions.done[step]
        text = f"ticket {ticket} was {event} by operator {operator} {steps[step]} times"
        if steps[step] < confirmed:
            yield Violation(LOST, f"{text}, {confirmed} were confirmed")
        if steps[step] > confirmed + actions.unsure[step]:
            yield Violation(DOUBLED, f"{text}, only {confirmed} were confirmed")


def _written(snapshot: Snapshot, actions: OperatorActions) -> Iterator[Violation]:
    """Each answer, note, tag and participant that the API confirmed stands where it should.

    It stands there once, whether its request was repeated or not, and is the one that the API
    named in its answer.
    """
    stands: dict[tuple[str, int], list[int]] = defaultdict(list)
    texts = [(message.text, message.ticket, message.id) for message in snapshot.messages]
    texts += [(note.text, note.ticket, note.id) for note in snapshot.notes]
    for text, ticket, number in texts:
        if match := _WRITTEN.search(text):
            stands[match.group(), ticket].append(number)
    for entry in snapshot.history:
        if entry.event == "tags_changed":
            for tag in set(entry.after) - set(entry.before):
                stands[tag, entry.ticket].append(entry.version)
        if entry.event == "participant_added":
            stands[entry.after.partition("@")[0], entry.ticket].append(entry.id)
    for (mark, ticket), identities in stands.items():
        if len(identities) > 1:
            yield Violation(DOUBLED, f"{mark} stands {len(identities)} times in ticket {ticket}")
    for (mark, ticket), identity in actions.written.items():
        if not stands[mark, ticket]:
            yield Violation(LOST, f"{mark} is not in ticket {ticket}")
        elif identity and identity not in stands[mark, ticket]:
            text = f"{mark} is {stands[mark, ticket]} in ticket {ticket}, {identity} was answered"
            yield Violation(WRONG, text)


def _repeated(actions: OperatorActions) -> Iterator[Violation]:
    """A repeated request has the answer of the first one."""
    for text in actions.unequal:
        yield Violation(WRONG, f"a repeated request has another answer: {text}")
