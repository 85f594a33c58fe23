"""Check tickets, their history and what the API confirmed to operators."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.operators import OperatorActions
from tests.chaos.snapshot import Entry, Snapshot
from tests.chaos.violations import DOUBLED, LOST, STUCK, WRONG, Violation

_OPEN = {"new", "in_progress"}
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
        if entry.status_after not in _OPEN:
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
    """Each message has one entry."""
    entries = Counter(entry.message for entry in snapshot.history)
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
        if (ticket.status in _OPEN) != (ticket.waiting_on is not None):
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
    """Each step that the API confirmed to an operator has happened."""
    steps = Counter(
        (entry.event, entry.ticket, entry.operator)
        for entry in snapshot.history
        if entry.event not in _MOVES_OF_MERGED or entry.merged_into
    )
    for step, confirmed in actions.done.items():
        if steps[step] < confirmed:
            event, ticket, operator = step
            text = f"ticket {ticket} was not {event} by operator {operator}"
            yield Violation(LOST, f"{text} {confirmed} times, but {steps[step]}")


def _written(snapshot: Snapshot, actions: OperatorActions) -> Iterator[Violation]:
    """Each answer, note, tag and participant that the API confirmed stands where it should."""
    stands: Counter[tuple[str, int]] = Counter()
    texts = [(message.text, message.ticket) for message in snapshot.messages]
    texts += [(note.text, note.ticket) for note in snapshot.notes]
    for text, ticket in texts:
        if match := _WRITTEN.search(text):
            stands[match.group(), ticket] += 1
    for entry in snapshot.history:
        if entry.event == "tags_changed":
            added = set(entry.after) - set(entry.before)
            stands.update((tag, entry.ticket) for tag in added)
        if entry.event == "participant_added":
            stands[entry.after.partition("@")[0], entry.ticket] += 1
    for mark, ticket in actions.written:
        count = stands[mark, ticket]
        if count == 0:
            yield Violation(LOST, f"{mark} is not in ticket {ticket}")
        if count > 1:
            yield Violation(DOUBLED, f"{mark} stands {count} times in ticket {ticket}")
