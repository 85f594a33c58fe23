"""Hold the books against what senders and operators know: nothing lost, doubled or stuck."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.chaos.books import Books, Entry, Ticket
from tests.chaos.desk import Deeds
from tests.chaos.letters import AUTO_REPLY, COPY, PERSON, TOO_DEEP, Letter

LOST, DOUBLED, STUCK, WRONG = "lost", "doubled", "stuck", "wrong"

_MARK = re.compile(r"mark\d{6}")
_REPLY_MARK = re.compile(r"reply\d+x\d{5}")
_TRIES = 3  # of a mail whose worker dies
_UNCERTAIN_TRIES = 3  # the first, and two more
_STATUS_AFTER = {"new": {"opened"}, "in_progress": {"opened", "taken"}}


class Finding(NamedTuple):
    """One thing that is off."""

    kind: str
    what: str


def account(
    books: Books,
    *,
    letters: Sequence[Letter],
    answers: Mapping[str, Sequence[str]],
    deeds: Deeds,
    robots: Iterable[str],
    refusals: int,
    kills: int,
) -> list[Finding]:
    """Return everything that is off.

    Args:
        answers: what the webhook answered for each id, over all calls.
        robots: senders from whose addresses only machines write.
        refusals: how many mails the SMTP server was told to refuse for good, at most.
        kills: how often a mail may have lost a try because its worker or its database was killed.
    """
    return [
        *_webhook(books, letters, answers),
        *_inbox(books, letters),
        *_quarantine(books, letters, kills),
        *_letters(books, letters),
        *_numbers(books),
        *_order(books, letters),
        *_tickets(books),
        *_history(books),
        *_deeds(books, deeds),
        *_notices(books),
        *_deliveries(books, refusals),
        *_suppressed(books, letters),
        *_machines(books, robots),
    ]


def sent_twice(books: Books) -> int:
    """Return how many mails arrived more than once."""
    arrivals = Counter(mail.message_id for mail in books.arrived)
    return sum(1 for count in arrivals.values() if count > 1)


def _webhook(
    books: Books, letters: Sequence[Letter], answers: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    stored = Counter(row.external_id for row in books.inbox)
    for letter in letters:
        said = Counter(answers.get(letter.id, ()))
        if not said or set(said) - {"accepted", "duplicate"}:
            yield Finding(WRONG, f"{letter.id} was answered {dict(said)}")
        if said["accepted"] > 1:
            yield Finding(DOUBLED, f"{letter.id} was accepted {said['accepted']} times")
        if said and not stored[letter.id]:
            yield Finding(LOST, f"{letter.id} was acknowledged and is not in the inbox")
    known = {letter.id for letter in letters}
    for name, count in stored.items():
        if count > 1:
            yield Finding(DOUBLED, f"{name} stands {count} times in the inbox")
        if name not in known:
            yield Finding(WRONG, f"{name} is in the inbox, and nobody posted it")


def _inbox(books: Books, letters: Sequence[Letter]) -> Iterator[Finding]:
    kinds = {letter.id: letter.kind for letter in letters}
    for row in books.inbox:
        if row.state == "received":
            yield Finding(STUCK, f"{row.external_id} was never worked: {row.reason}")
        elif row.state not in ("processed", "ignored", "quarantined"):
            yield Finding(WRONG, f"{row.external_id} is {row.state}")
        elif row.state != "processed" and not row.reason:
            yield Finding(WRONG, f"{row.external_id} is {row.state} without a reason")
        if row.state == "ignored" and kinds.get(row.external_id) not in (PERSON, COPY, AUTO_REPLY):
            yield Finding(LOST, f"{row.external_id} was ignored: {row.reason}")
        if (row.state == "processed") != (row.message is not None):
            yield Finding(WRONG, f"{row.external_id} is {row.state} with message {row.message}")


def _quarantine(books: Books, letters: Sequence[Letter], kills: int) -> Iterator[Finding]:
    """What cannot be read is there; another only after three tries that were ended from outside."""
    kinds = {letter.id: letter.kind for letter in letters}
    unlucky = 0
    for row in books.inbox:
        if kinds.get(row.external_id) == TOO_DEEP:
            if row.state != "quarantined":
                yield Finding(WRONG, f"{row.external_id} cannot be read and is {row.state}")
        elif row.state == "quarantined":
            unlucky += 1
            if not row.reason.startswith(f"gave up after {_TRIES} tries"):
                yield Finding(LOST, f"{row.external_id} is in quarantine: {row.reason}")
    if unlucky * _TRIES > kills:
        yield Finding(LOST, f"{unlucky} good mails are in quarantine after {kills} kills")


def _letters(books: Books, letters: Sequence[Letter]) -> Iterator[Finding]:
    """Each mail that a person wrote stands once, unless all its copies are in quarantine."""
    state = {row.external_id: row.state for row in books.inbox}
    told = Counter(mark for mark, _message in _marked(books))
    by_mark = defaultdict(list)
    for letter in letters:
        if letter.kind in (PERSON, COPY):
            by_mark[letter.mark].append(state.get(letter.id))
    for mark, states in by_mark.items():
        if told[mark] > 1:
            yield Finding(DOUBLED, f"{mark} is in {told[mark]} messages")
        if told[mark] == 0 and set(states) != {"quarantined"}:
            yield Finding(LOST, f"{mark} is in no message: {states}")


def _marked(books: Books) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the mark of each requester's message, with its ticket and number."""
    for message in books.messages:
        found = _MARK.search(message.text) if message.sender_type == "user" else None
        if found:
            yield found.group(), (message.ticket, message.number)


def _numbers(books: Books) -> Iterator[Finding]:
    numbers = defaultdict(list)
    for message in books.messages:
        numbers[message.ticket].append(message.number)
    for ticket, found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield Finding(WRONG, f"ticket {ticket} has the messages {sorted(found)}")


def _order(books: Books, letters: Sequence[Letter]) -> Iterator[Finding]:
    """What a person wrote stands in the order in which it was written."""
    place: dict[str, tuple[int, int]] = dict(_marked(books))
    by_sender = defaultdict(list)
    for letter in letters:
        if letter.kind == PERSON and letter.mark in place:
            by_sender[letter.sender].append(letter)
    for sender, written in by_sender.items():
        written.sort(key=lambda letter: letter.arrival)
        for first, second in pairwise(written):
            if place[first.mark] > place[second.mark]:
                yield Finding(WRONG, f"{sender}: {second.mark} stands before {first.mark}")


def _tickets(books: Books) -> Iterator[Finding]:
    """A requester has one open ticket; the next was opened when the one before was closed."""
    at = {(entry.ticket, entry.event): entry.at for entry in books.history}
    by_requester: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in sorted(books.tickets):
        by_requester[ticket.requester].append(ticket)
    for requester, tickets in by_requester.items():
        still_open = [ticket.id for ticket in tickets if ticket.status != "closed"]
        if len(still_open) > 1:
            yield Finding(DOUBLED, f"{requester} has the open tickets {still_open}")
        for before, after in pairwise(tickets):
            closed = at.get((before.id, "closed"))
            if closed is None or closed > at.get((after.id, "opened"), 0.0):
                yield Finding(DOUBLED, f"ticket {after.id} was opened while {before.id} was open")


def _history(books: Books) -> Iterator[Finding]:
    """The history holds each change of state once, and a step for every message."""
    steps: dict[int, list[Entry]] = defaultdict(list)
    for entry in books.history:
        steps[entry.ticket].append(entry)
    for ticket in books.tickets:
        wanted = _STATUS_AFTER.get(ticket.status, {"opened", "taken", "closed"})
        events = Counter(entry.event for entry in steps[ticket.id])
        moves = {name: events[name] for name in ("opened", "taken", "closed") if events[name]}
        if moves != dict.fromkeys(moves, 1) or set(moves) != wanted:
            yield Finding(WRONG, f"ticket {ticket.id} is {ticket.status} after {moves}")
    told = Counter(entry.message for entry in books.history)
    for message in books.messages:
        if told[message.id] != 1:
            yield Finding(WRONG, f"message {message.id} stands in {told[message.id]} steps")


def _deeds(books: Books, deeds: Deeds) -> Iterator[Finding]:
    """What an operator was told has happened."""
    who = {(entry.ticket, entry.event): entry.operator for entry in books.history}
    for event, done in (("taken", deeds.taken), ("closed", deeds.closed)):
        for ticket, operator in done.items():
            if who.get((ticket, event)) != operator:
                yield Finding(LOST, f"ticket {ticket} was not {event} by operator {operator}")
    written = Counter(
        found.group()
        for message in books.messages
        if message.sender_type == "operator" and (found := _REPLY_MARK.search(message.text))
    )
    for mark, ticket in deeds.replied.items():
        if written[mark] == 0:
            yield Finding(LOST, f"{mark} is not in ticket {ticket}")
        if written[mark] > 1:
            yield Finding(DOUBLED, f"{mark} stands {written[mark]} times")


def _notices(books: Books) -> Iterator[Finding]:
    """Each change of state and each reply has one mail to the requester, and nothing else has."""
    kinds = {
        "opened": "created",
        "taken": "in_progress",
        "closed": "closed",
        "operator_replied": "reply",
    }
    requester = {ticket.id: ticket.requester for ticket in books.tickets}
    found = Counter((row.entry, row.kind, row.recipient) for row in books.outbox)
    for entry in books.history:
        if kind := kinds.get(entry.event):
            count = found.pop((entry.id, kind, requester[entry.ticket]), 0)
            if count != 1:
                told = f"step {entry.id} ({entry.event}) has {count} mails"
                yield Finding(DOUBLED if count else LOST, told)
    for (entry_id, kind, recipient), _count in found.items():
        yield Finding(WRONG, f"step {entry_id} has a mail {kind} to {recipient}")


def _deliveries(books: Books, refusals: int) -> Iterator[Finding]:
    """Hold the outbox against the mail server's record, row by row."""
    arrived: dict[str, list[str]] = defaultdict(list)
    for mail in books.arrived:
        arrived[mail.message_id].append(mail.digest)
    for row in books.outbox:
        digests = arrived.pop(row.message_id, [])
        if row.waits or row.state in ("queued", "sending", "deferred"):
            yield Finding(STUCK, f"mail {row.id} is {row.state}")
        if row.state == "uncertain" and row.uncertain_attempts < _UNCERTAIN_TRIES:
            yield Finding(LOST, f"mail {row.id} was given up after {row.uncertain_attempts} tries")
        if row.state == "sent" and not digests:
            yield Finding(LOST, f"mail {row.id} is sent and did not arrive")
        if row.state == "suppressed" and digests:
            yield Finding(WRONG, f"mail {row.id} is suppressed and arrived")
        certain = 1 if row.state in ("sent", "bounced") else 0
        # An answer that came late made a try certain that had counted as uncertain.
        if len(digests) > certain + row.uncertain_attempts or len(digests) > _UNCERTAIN_TRIES:
            told = f"mail {row.id} ({row.state}) arrived {len(digests)} times"
            yield Finding(DOUBLED, f"{told}, {row.uncertain_attempts} tries were uncertain")
        if row.digest and set(digests) - {row.digest}:
            yield Finding(WRONG, f"mail {row.id} arrived with other bytes")
        if row.state == "failed" and (row.smtp_code or 0) // 100 != 5:
            yield Finding(LOST, f"mail {row.id} failed after {row.smtp_code}")
    for message_id in arrived:
        yield Finding(WRONG, f"{message_id} arrived and is not in the outbox")
    failed = sum(1 for row in books.outbox if row.state == "failed")
    if failed > refusals:
        yield Finding(LOST, f"{failed} mails failed, the server refused {refusals} at most")


def _suppressed(books: Books, letters: Sequence[Letter]) -> Iterator[Finding]:
    """Nobody who wrote as a person goes without an answer."""
    people = {letter.sender for letter in letters if letter.kind == PERSON}
    for row in books.outbox:
        if row.state == "suppressed" and row.recipient in people:
            yield Finding(LOST, f"mail {row.id} to {row.recipient} is suppressed")


def _machines(books: Books, robots: Iterable[str]) -> Iterator[Finding]:
    answered = {mail.recipient for mail in books.arrived}
    for address in sorted(answered & set(robots)):
        yield Finding(WRONG, f"{address} is a machine and was answered")
