"""Check when answers left: after no mail that crossed them, and not before their time."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tests.chaos.answer_checks import SentAnswer
from tests.chaos.mails import COPY, PERSON, GeneratedMail
from tests.chaos.snapshot import Inbound, Outbound, Snapshot
from tests.chaos.violations import WRONG, Violation

_SOON_SECONDS = 2.0  # within this time a mail leaves if nothing is broken
_FEW = 5


def find_violations(
    snapshot: Snapshot,
    answers: Sequence[SentAnswer],
    *,
    mails: Sequence[GeneratedMail],
    acknowledged_at: Mapping[str, float],
    stored_at: Mapping[str, float],
    crashes: Sequence[float],
) -> list[Violation]:
    """Return every answer that left too late or too soon.

    Args:
        acknowledged_at: when the webhook answered for each mail: it was committed before.
        stored_at: when the API confirmed each answer, by its mark.
        crashes: when PostgreSQL was killed.
    """
    from_people = {mail.id for mail in mails if mail.kind in (PERSON, COPY)}
    theirs: dict[str, list[Inbound]] = defaultdict(list)
    for row in snapshot.inbox:
        if row.external_id in from_people and row.message is not None:
            theirs[row.sender].append(row)
    in_ticket = {message.id: message.ticket for message in snapshot.messages}
    crossed = []
    for answer in answers:
        begun_at = _begun_at(answer, crashes)
        if begun_at is None or not answer.options.hold_if_crossed or answer.released:
            continue
        for mail in theirs[answer.requester]:
            is_here = in_ticket.get(mail.message or 0) == answer.entry.ticket
            written_at = _written_at(answer) if is_here else stored_at.get(answer.mark, begun_at)
            seen = {number for row in answer.rows for number in row.inbox_before or ()}
            came_later = mail.id not in seen and mail.received_at > written_at
            if came_later and acknowledged_at.get(mail.external_id, begun_at) < begun_at:
                text = f"{answer.mark} was begun after {mail.external_id}, which crossed it"
                crossed.append(Violation(WRONG, text))
    return [*crossed, *_early(answers), *_kept_waiting(snapshot, answers)]


def _written_at(answer: SentAnswer) -> float:
    """Return when it had been read which mails of the requester were waiting.

    From then on their mail into the same ticket is processed after the commit of the answer, which
    has the lock of the ticket. As to their other mail, only the API's answer shows the commit.
    """
    return min(row.created_at for row in answer.rows)


def _begun_at(answer: SentAnswer, crashes: Sequence[float]) -> float | None:
    """Return when the first mail of an answer was begun; None if none was, or nobody knows.

    PostgreSQL may lose the record of it when it is killed. A mail that was claimed before counts as
    begun until its worker shows that it was not, and the answer is not held meanwhile.
    """
    attempts = [row.first_attempt_at for row in answer.rows if row.first_attempt_at]
    if not attempts:
        return None
    # An attempt that was undone has begun, too, as long as nobody knew that it would be.
    attempts += [
        datetime.fromisoformat(step["at"]).timestamp()
        for row in answer.rows
        for step in row.timeline
        if step["state"] == "sending"
    ]
    begun_at = min(attempts)
    if any(_written_at(answer) < crash < begun_at for crash in crashes):
        return None
    return begun_at


def _early(answers: Sequence[SentAnswer]) -> Iterator[Violation]:
    """Nothing of a scheduled answer arrives before its time, unless it was sent by hand."""
    for answer in answers:
        send_at = answer.options.send_at
        if send_at is None or answer.is_hurried:
            continue
        for mail in answer.arrived:
            if mail.at < send_at:
                text = f"{answer.mark} arrived {send_at - mail.at:.3f} s before its time"
                yield Violation(WRONG, f"{text} at {mail.recipient}")


def _kept_waiting(snapshot: Snapshot, answers: Sequence[SentAnswer]) -> Iterator[Violation]:
    """Mail after a scheduled answer does not wait for it.

    Of one mail nobody can tell for what it has waited: a fault may have kept it. Not so of all.
    """
    rows: dict[tuple[int | None, str], list[Outbound]] = defaultdict(list)
    for row in snapshot.outbox:
        rows[row.ticket, row.recipient].append(row)
    never_later = {
        answer.entry.message
        for answer in answers
        if answer.options.send_at is None and not answer.options.hold_if_crossed
    }
    times = [
        (answer.options.send_at, after.first_attempt_at)
        for answer in answers
        if answer.options.send_at is not None and not answer.is_hurried
        for row in answer.rows
        for after in rows[row.ticket, row.recipient]
        if after.id > row.id
        if after.message is None or after.message in never_later
        if row.first_attempt_at and after.first_attempt_at
        if after.created_at + _SOON_SECONDS < answer.options.send_at
    ]
    if len(times) >= _FEW and all(begun_at >= send_at for send_at, begun_at in times):
        yield Violation(WRONG, f"all {len(times)} mails after a scheduled answer waited for it")
