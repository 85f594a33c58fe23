"""Format the result of a run as a table."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.chaos.checks import sent_twice
from tests.chaos.run import RECOVERY_SECONDS, Report
from tests.chaos.snapshot import Snapshot
from tests.chaos.violations import DOUBLED, LOST, STUCK, WRONG

_MOST_VIOLATIONS = 40


def lines(report: Report) -> Iterator[str]:
    """Yield the table and the broken promises, line by line."""
    yield ""
    yield f"Seed {report.seed}, {report.seconds:.0f} s"
    yield ""
    yield from _faults(report)
    yield ""
    yield from _mails(report.snapshot, report)
    yield ""
    kinds = Counter(violation.kind for violation in report.violations)
    for kind in (LOST, DOUBLED, STUCK, WRONG):
        yield _row(kind, kinds[kind])
    yield _row("recovered after the last fault", _seconds(report))
    for violation in report.violations[:_MOST_VIOLATIONS]:
        yield f"  {violation.kind.upper()}: {violation.text}"
    if len(report.violations) > _MOST_VIOLATIONS:
        yield f"  … and {len(report.violations) - _MOST_VIOLATIONS} more"
    yield ""
    yield "Every promise was kept." if report.is_clean else "A promise was broken."


def _faults(report: Report) -> Iterator[str]:
    for name, count in sorted(report.faults.items()):
        yield _row(name, count)
    yield _row("faults done", sum(report.faults.values()))
    yield _row("faults that found nothing to break", report.not_reached)


def _mails(snapshot: Snapshot, report: Report) -> Iterator[str]:
    yield _row("mails posted", report.mails, f"in {report.calls} calls")
    yield _row("mails stored", len(snapshot.inbox), _counts(row.state for row in snapshot.inbox))
    yield _row(
        "tickets", len(snapshot.tickets), _counts(ticket.status for ticket in snapshot.tickets)
    )
    yield _row(
        "steps of the history",
        len(snapshot.history),
        _counts(entry.event for entry in snapshot.history),
    )
    yield _row(
        "messages",
        len(snapshot.messages),
        _counts(message.sender_type for message in snapshot.messages),
    )
    yield _row(
        "mails in the outbox", len(snapshot.outbox), _counts(row.state for row in snapshot.outbox)
    )
    of_answers = [row for row in snapshot.outbox if row.message]
    copies = sum(row.is_copy for row in of_answers)
    states = Counter(row.state for row in of_answers)
    more = f"{copies} copies, {states['held']} held, {states['withdrawn']} withdrawn"
    yield _row("of them answers", len(of_answers), more)
    to_operators = [row for row in snapshot.outbox if row.kind == "operator_update"]
    events = sum(len(row.events) for row in to_operators)
    yield _row("of them to operators", len(to_operators), f"of {events} events")
    twice = f"{sent_twice(snapshot)} of them more than once, as allowed"
    yield _row("mails that arrived", len(snapshot.arrived), twice)


def _row(name: str, value: object, more: str = "") -> str:
    return f"  {name:<45}{value:>8}   {more}".rstrip()


def _seconds(report: Report) -> str:
    if report.recovery_seconds is None:
        return "never"
    late = "" if report.recovery_seconds <= RECOVERY_SECONDS else " (too late)"
    return f"{report.recovery_seconds:.1f} s{late}"


def _counts(kinds: Iterable[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(Counter(kinds).items()))
