"""Check a snapshot against what senders and operators did: no mail is lost, doubled or stuck."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from tests.chaos import (
    answer_checks,
    crossing_checks,
    place_checks,
    telling_checks,
    ticket_checks,
)
from tests.chaos.actions import OperatorActions
from tests.chaos.mails import AUTO_REPLY, COPY, MARK, PERSON, TOO_DEEP, GeneratedMail
from tests.chaos.snapshot import Snapshot
from tests.chaos.violations import DOUBLED, LOST, STUCK, WRONG, Violation

_TRIES = 3  # of a mail whose worker dies
_UNCERTAIN_TRIES = 3  # the first, and two more
_NOT_SENT = ("suppressed", "held", "withdrawn")


def find_violations(
    snapshot: Snapshot,
    *,
    mails: Sequence[GeneratedMail],
    answers: Mapping[str, Sequence[str]],
    acknowledged_at: Mapping[str, float],
    actions: OperatorActions,
    machines: Iterable[str],
    refusals: int,
    kills: int,
    crashes: Sequence[float],
) -> list[Violation]:
    """Return every broken promise.

    Args:
        answers: what the webhook answered for each id, over all calls.
        acknowledged_at: when it first answered for each.
        machines: addresses from which only machines write.
        refusals: how many mails the SMTP server was told to refuse for good, at most.
        kills: how often a mail may have lost a try because its worker or its database was killed.
        crashes: when PostgreSQL was killed.
    """
    return [
        *_webhook(snapshot, mails, answers),
        *_inbox(snapshot, mails),
        *_quarantine(snapshot, mails, kills),
        *_messages(snapshot, mails),
        *_numbers(snapshot),
        *_order(snapshot, mails),
        *_deliveries(snapshot, refusals),
        *_suppressed(snapshot, mails),
        *_machines(snapshot, machines),
        *_search(snapshot),
        *ticket_checks.find_violations(snapshot, actions),
        *telling_checks.find_violations(snapshot, mails),
        *place_checks.find_violations(snapshot, mails),
        *_answers(snapshot, mails, acknowledged_at, actions, crashes),
    ]


def sent_twice(snapshot: Snapshot) -> int:
    """Return how many mails arrived more than once."""
    arrivals = Counter((mail.message_id, mail.recipient) for mail in snapshot.arrived)
    return sum(1 for count in arrivals.values() if count > 1)


def _answers(
    snapshot: Snapshot,
    mails: Sequence[GeneratedMail],
    acknowledged_at: Mapping[str, float],
    actions: OperatorActions,
    crashes: Sequence[float],
) -> Iterator[Violation]:
    answers = answer_checks.read_answers(snapshot, actions)
    yield from answer_checks.find_violations(snapshot, actions, answers)
    yield from crossing_checks.find_violations(
        snapshot,
        answers,
        mails=mails,
        acknowledged_at=acknowledged_at,
        stored_at=actions.stored_at,
        crashes=crashes,
    )


def _webhook(
    snapshot: Snapshot, mails: Sequence[GeneratedMail], answers: Mapping[str, Sequence[str]]
) -> Iterator[Violation]:
    stored = Counter(row.external_id for row in snapshot.inbox)
    for mail in mails:
        verdicts = Counter(answers.get(mail.id, ()))
        if not verdicts or set(verdicts) - {"accepted", "duplicate"}:
            yield Violation(WRONG, f"{mail.id} was answered {dict(verdicts)}")
        if verdicts["accepted"] > 1:
            yield Violation(DOUBLED, f"{mail.id} was accepted {verdicts['accepted']} times")
        if verdicts and not stored[mail.id]:
            yield Violation(LOST, f"{mail.id} was acknowledged and is not in the inbox")
    known = {mail.id for mail in mails}
    for external_id, count in stored.items():
        if count > 1:
            yield Violation(DOUBLED, f"{external_id} stands {count} times in the inbox")
        if external_id not in known:
            yield Violation(WRONG, f"{external_id} is in the inbox, and nobody posted it")


def _inbox(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> Iterator[Violation]:
    kinds = {mail.id: mail.kind for mail in mails}
    for row in snapshot.inbox:
        if row.state == "received":
            yield Violation(STUCK, f"{row.external_id} was never worked: {row.reason}")
        elif row.state not in ("processed", "ignored", "quarantined"):
            yield Violation(WRONG, f"{row.external_id} is {row.state}")
        elif row.state != "processed" and not row.reason:
            yield Violation(WRONG, f"{row.external_id} is {row.state} without a reason")
        if row.state == "ignored" and kinds.get(row.external_id) not in (PERSON, COPY, AUTO_REPLY):
            yield Violation(LOST, f"{row.external_id} was ignored: {row.reason}")
        if (row.state == "processed") != (row.message is not None):
            yield Violation(WRONG, f"{row.external_id} is {row.state} with message {row.message}")


def _quarantine(
    snapshot: Snapshot, mails: Sequence[GeneratedMail], kills: int
) -> Iterator[Violation]:
    """Unreadable mail is quarantined; other mail only after three tries that a fault ended."""
    kinds = {mail.id: mail.kind for mail in mails}
    good_mails = 0
    for row in snapshot.inbox:
        if kinds.get(row.external_id) == TOO_DEEP:
            if row.state != "quarantined":
                yield Violation(WRONG, f"{row.external_id} cannot be read and is {row.state}")
        elif row.state == "quarantined":
            good_mails += 1
            if not row.reason.startswith(f"gave up after {_TRIES} tries"):
                yield Violation(LOST, f"{row.external_id} is in quarantine: {row.reason}")
    if good_mails * _TRIES > kills:
        yield Violation(LOST, f"{good_mails} good mails are in quarantine after {kills} kills")


def _messages(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> Iterator[Violation]:
    """Each mail of a person is in exactly one message, unless all its copies are quarantined."""
    state = {row.external_id: row.state for row in snapshot.inbox}
    occurrences = Counter(mark for mark, _message in _marked(snapshot))
    by_mark = defaultdict(list)
    for mail in mails:
        if mail.kind in (PERSON, COPY):
            by_mark[mail.mark].append(state.get(mail.id))
    for mark, states in by_mark.items():
        if occurrences[mark] > 1:
            yield Violation(DOUBLED, f"{mark} is in {occurrences[mark]} messages")
        if occurrences[mark] == 0 and set(states) != {"quarantined"}:
            yield Violation(LOST, f"{mark} is in no message: {states}")


def _marked(snapshot: Snapshot) -> Iterator[tuple[str, int]]:
    """Yield the mark of each requester's message, with the message's id."""
    for message in snapshot.messages:
        match = MARK.search(message.text) if message.sender_type == "user" else None
        if match:
            yield match.group(), message.id


def _numbers(snapshot: Snapshot) -> Iterator[Violation]:
    """The messages of a ticket are numbered from 1, in the order in which they were stored."""
    numbers = defaultdict(list)
    for message in sorted(snapshot.messages):
        numbers[message.ticket].append(message.number)
    for ticket, present in numbers.items():
        if present != list(range(1, len(present) + 1)):
            yield Violation(WRONG, f"ticket {ticket} has the messages {present}")


def _order(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> Iterator[Violation]:
    """A person's messages have the order in which they were written, in whichever tickets."""
    position = dict(_marked(snapshot))
    by_sender = defaultdict(list)
    for mail in mails:
        if mail.kind == PERSON and mail.mark in position:
            by_sender[mail.sender].append(mail)
    for sender, written in by_sender.items():
        written.sort(key=lambda mail: mail.arrival)
        for first, second in pairwise(written):
            if position[first.mark] > position[second.mark]:
                yield Violation(WRONG, f"{sender}: {second.mark} stands before {first.mark}")


def _deliveries(snapshot: Snapshot, refusals: int) -> Iterator[Violation]:
    """Each mail of the outbox agrees with what the mail server received."""
    arrived: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mail in snapshot.arrived:
        arrived[mail.message_id, mail.recipient].append(mail.digest)
    for row in snapshot.outbox:
        digests = arrived.pop((row.message_id, row.recipient), [])
        if row.waits or row.state == "sending":
            yield Violation(STUCK, f"mail {row.id} is {row.state}")
        if row.state == "uncertain" and row.uncertain_attempts < _UNCERTAIN_TRIES:
            yield Violation(
                LOST, f"mail {row.id} was given up after {row.uncertain_attempts} tries"
            )
        if row.state == "sent" and not digests:
            yield Violation(LOST, f"mail {row.id} is sent and did not arrive")
        if row.state in _NOT_SENT and digests:
            yield Violation(WRONG, f"mail {row.id} is {row.state} and arrived")
        certain = 1 if row.state in ("sent", "bounced") else 0
        # An answer that came late made a try certain that had counted as uncertain.
        if len(digests) > certain + row.uncertain_attempts or len(digests) > _UNCERTAIN_TRIES:
            text = f"mail {row.id} ({row.state}) arrived {len(digests)} times"
            yield Violation(DOUBLED, f"{text}, {row.uncertain_attempts} tries were uncertain")
        if row.digest and set(digests) - {row.digest}:
            yield Violation(WRONG, f"mail {row.id} arrived with other bytes")
        if row.state == "failed" and (row.smtp_code or 0) // 100 != 5:
            yield Violation(LOST, f"mail {row.id} failed after {row.smtp_code}")
    for message_id, recipient in arrived:
        text = f"{message_id} arrived at {recipient} and is not in the outbox"
        yield Violation(WRONG, text)
    failed = sum(1 for row in snapshot.outbox if row.state == "failed")
    if failed > refusals:
        yield Violation(LOST, f"{failed} mails failed, the server refused {refusals} at most")


def _suppressed(snapshot: Snapshot, mails: Sequence[GeneratedMail]) -> Iterator[Violation]:
    """No mail to a person is suppressed, and no copy."""
    people = {mail.sender for mail in mails if mail.kind == PERSON}
    for row in snapshot.outbox:
        if row.state == "suppressed" and (row.recipient in people or row.is_copy):
            yield Violation(LOST, f"mail {row.id} to {row.recipient} is suppressed")


def _machines(snapshot: Snapshot, machines: Iterable[str]) -> Iterator[Violation]:
    answered = {mail.recipient for mail in snapshot.arrived}
    for address in sorted(answered & set(machines)):
        yield Violation(WRONG, f"{address} is a machine and was answered")


def _search(snapshot: Snapshot) -> Iterator[Violation]:
    """What was written is found."""
    for mark in snapshot.unfound:
        yield Violation(LOST, f"the search does not find {mark}")
