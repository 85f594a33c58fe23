"""Check that each requester's and participant's mail is in the ticket in which it belongs."""

from collections.abc import Iterator, Sequence

from tests.chaos.mails import BROKEN, GeneratedMail
from tests.chaos.replay import Desk, walk
from tests.chaos.snapshot import Snapshot
from tests.chaos.violations import WRONG, Violation


def find_violations(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> Iterator[Violation]:
    """Yield the mails that are in another ticket than they should, or in somebody else's name."""
    by_id = {mail.id: mail for mail in mails if mail.kind != BROKEN}  # nobody knows whose that is
    stored = {row.message: by_id.get(row.external_id) for row in snapshot.inbox if row.message}
    ticket_of = {row.message_id: row.ticket for row in snapshot.outbox}
    writers = {message.id: message.sender_email for message in snapshot.messages}
    for entry, desk in walk(snapshot):
        mail = stored.get(entry.message or 0)
        if mail is None or entry.event not in ("opened", "requester_wrote"):
            continue
        place = _find_place(desk, mail.sender, ticket_of.get(mail.answers))
        requester = desk.requesters[entry.ticket]
        is_theirs = entry.event == "opened" and requester == mail.sender
        if place != entry.ticket and (place or not is_theirs):
            text = f"{mail.id} of {mail.sender} belongs in {place or 'a new ticket'}"
            yield Violation(WRONG, f"{text} and is in ticket {entry.ticket}")
        if (writers[entry.message or 0] or requester) != mail.sender:
            yield Violation(WRONG, f"{mail.id} of {mail.sender} is in the name of somebody else")


def _find_place(desk: Desk, sender: str, named: int | None) -> int | None:
    """Return the open ticket into which a mail belongs, None if it opens one.

    named: the ticket of the mail that it answers. A participant's mail goes into that one, as does
    the mail of somebody whose ticket was merged into it.
    """
    if named is not None:
        target = desk.merged_into.get(named, named)
        takes_part = sender in desk.people[target] or desk.requesters[named] == sender
        if takes_part and desk.is_open(target) and desk.requesters[target] != sender:
            return target
    theirs = desk.tickets_of(sender)
    for ticket in theirs:
        if desk.is_open(ticket):
            return ticket
    into = [desk.merged_into[ticket] for ticket in sorted(theirs) if ticket in desk.merged_into]
    return into[-1] if into and desk.is_open(into[-1]) else None
