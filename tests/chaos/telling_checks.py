"""Check that whoever must know of a change has a mail about it, and nobody else has."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.mails import AUTO_REPLY, MARK, GeneratedMail
from tests.chaos.replay import replay, walk
from tests.chaos.snapshot import Snapshot
from tests.chaos.violations import DOUBLED, LOST, WRONG, Violation

_MENTION = re.compile(r"@(\d+)")
_NOTICES = {"opened": "created", "closed": "closed"}
_Telling = tuple[int | None, int, str]  # operator, entry, what


def find_violations(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> list[Violation]:
    """Return every broken promise about what requesters and operators are told."""
    return [
        *_notices(snapshot),
        *_holders(snapshot),
        *_tellings(snapshot, mails),
        *_notes(snapshot),
    ]


def _notices(snapshot: Snapshot) -> Iterator[Violation]:
    """The requester has one notice about each of some steps, and about nothing else.

    "Taken" is mailed once a ticket, whoever takes or gets it later; "closed" after each closing.
    Mails to operators belong to no step: each may tell of several. `answer_checks` has answers.
    """
    requester = {ticket.id: ticket.requester for ticket in snapshot.tickets}
    mails = Counter(
        (row.entry, row.kind, row.recipient)
        for row in snapshot.outbox
        if row.entry and row.kind != "reply"
    )
    taken: set[int] = set()
    for entry in sorted(snapshot.history, key=lambda entry: entry.id):
        kind = _NOTICES.get(entry.event)
        is_taken = (entry.status_before, entry.status_after) == ("new", "in_progress")
        if is_taken and entry.ticket not in taken:
            taken.add(entry.ticket)
            kind = "in_progress"
        if kind:
            count = mails.pop((entry.id, kind, requester[entry.ticket]), 0)
            if count != 1:
                text = f"step {entry.id} ({entry.event}) has {count} mails"
                yield Violation(DOUBLED if count else LOST, text)
    for (entry_id, kind, recipient), _count in mails.items():
        yield Violation(WRONG, f"step {entry_id} has a mail {kind} to {recipient}")


def _holders(snapshot: Snapshot) -> Iterator[Violation]:
    """The history says who holds a ticket."""
    held = replay(snapshot).holders
    for ticket in snapshot.tickets:
        if held.get(ticket.id) != ticket.operator:
            text = f"ticket {ticket.id} is held by {ticket.operator}, in its history by"
            yield Violation(WRONG, f"{text} {held.get(ticket.id)}")


def _tellings(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> Iterator[Violation]:
    """Operators are told once what others do to what they hold, and never what they do.

    Whether a mail arrives, of which they are told too, depends on the mail server.
    """
    wanted = set(_wanted(snapshot, mails))
    told = Counter(
        (row.operator, event["entry"], event["what"])
        for row in snapshot.outbox
        if row.kind == "operator_update"
        for event in row.events
        if event["what"] != "delivery"
    )
    for operator, entry, what in wanted - set(told):
        yield Violation(LOST, f"operator {operator} was not told of step {entry} ({what})")
    for (operator, entry, what), count in told.items():
        if (operator, entry, what) not in wanted:
            yield Violation(WRONG, f"operator {operator} was told of step {entry} ({what})")
        elif count > 1:
            yield Violation(DOUBLED, f"operator {operator} was told of step {entry} {count} times")


def _wanted(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> Iterator[_Telling]:
    """Yield who must be told of which entry, and as what."""
    automatic = {mail.mark for mail in mails if mail.kind == AUTO_REPLY}
    quiet = {
        message.id
        for message in snapshot.messages
        if (match := MARK.search(message.text)) and match.group() in automatic
    }
    notes = {note.id: note.text for note in snapshot.notes}
    for entry, desk in walk(snapshot):
        holder = desk.holders.get(entry.ticket)
        if entry.event == "requester_wrote" and entry.message not in quiet and holder:
            yield holder, entry.id, "message"
        if entry.event == "reply_held" and holder:
            yield holder, entry.id, "held"
        if entry.event == "assigned" and entry.after not in (None, entry.operator):
            yield entry.after, entry.id, "assigned"
        if entry.event == "note_added":
            for number in _MENTION.findall(notes[entry.after]):
                if int(number) != entry.operator:
                    yield int(number), entry.id, "mention"


def _notes(snapshot: Snapshot) -> Iterator[Violation]:
    """No mail has the text of a note."""
    for mail in snapshot.arrived:
        if mail.has_note:
            yield Violation(WRONG, f"{mail.message_id} to {mail.recipient} has a note's text")
