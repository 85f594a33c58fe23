"""Go through the history of all tickets, to know what the desk was like at each of its entries.

An entry's id is given while its ticket is locked, so the ids put the entries of a ticket in order;
and those of several tickets as far as one depends on the other, since both are locked then.
"""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.snapshot import Entry, Snapshot

OPEN = {"new", "in_progress"}
_MOST_PARTICIPANTS = 20


class Desk:
    """The tickets as the entries so far have made them.

    people: the participants of each ticket, and which merged ticket has brought them, if one has.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.requesters = {ticket.id: ticket.requester for ticket in snapshot.tickets}
        self.statuses: dict[int, str] = {}
        self.holders: dict[int, int | None] = {}
        self.merged_into: dict[int, int] = {}
        self.people: dict[int, dict[str, int | None]] = defaultdict(dict)
        self._tickets_of: dict[str, list[int]] = defaultdict(list)
        self._before_merge: dict[int, int | None] = {}

    def is_open(self, ticket: int) -> bool:
        return self.statuses.get(ticket) in OPEN

    def tickets_of(self, requester: str) -> list[int]:
        return self._tickets_of[requester]

    def apply(self, entry: Entry) -> None:
        """Change the desk as an entry says."""
        self.statuses[entry.ticket] = entry.status_after
        if entry.event == "opened":
            self._tickets_of[self.requesters[entry.ticket]].append(entry.ticket)
        elif entry.event in ("taken", "assigned", "reopened"):
            self.holders[entry.ticket] = entry.after
        elif entry.event == "participant_added":
            self.people[entry.ticket][entry.after] = None
        elif entry.merged_into:
            (self._merge if entry.event == "merged" else self._unmerge)(entry, entry.merged_into)

    def _merge(self, entry: Entry, into: int) -> None:
        self._before_merge[entry.ticket] = entry.before["operator"]
        self.holders[entry.ticket] = entry.before["operator"] or entry.operator
        self.merged_into[entry.ticket] = into
        present = self.people[into]
        excluded = {*present, self.requesters[into]}
        brought = [self.requesters[entry.ticket], *self.people[entry.ticket]]
        new = [person for person in brought if person not in excluded]
        present |= dict.fromkeys(new[: _MOST_PARTICIPANTS - len(present)], entry.ticket)

    def _unmerge(self, entry: Entry, into: int) -> None:
        self.holders[entry.ticket] = self._before_merge.get(entry.ticket)
        self.merged_into.pop(entry.ticket, None)
        brought = [person for person, by in self.people[into].items() if by == entry.ticket]
        for person in brought:
            del self.people[into][person]


def walk(snapshot: Snapshot) -> Iterator[tuple[Entry, Desk]]:
    """Yield each entry of the history in its order, with the desk as it was just before."""
    desk = Desk(snapshot)
    for entry in _in_order(snapshot):
        yield entry, desk
        desk.apply(entry)


def replay(snapshot: Snapshot) -> Desk:
    """Return the desk as it must be in the end."""
    desk = Desk(snapshot)
    for entry in _in_order(snapshot):
        desk.apply(entry)
    return desk


def _in_order(snapshot: Snapshot) -> list[Entry]:
    return sorted(snapshot.history, key=lambda entry: entry.id)
