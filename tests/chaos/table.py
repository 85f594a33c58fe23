"""The run's result for a person to read."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.chaos.account import DOUBLED, LOST, STUCK, WRONG, sent_twice
from tests.chaos.books import Books
from tests.chaos.run import RECOVERY_SECONDS, Report

_MOST_FINDINGS = 40


def lines(report: Report) -> Iterator[str]:
    """Yield the table, line by line, and what is off by name."""
    yield ""
    yield f"Seed {report.seed}, {report.seconds:.0f} s"
    yield ""
    yield from _faults(report)
    yield ""
    yield from _mails(report.books, report)
    yield ""
    kinds = Counter(finding.kind for finding in report.findings)
    for kind in (LOST, DOUBLED, STUCK, WRONG):
        yield _row(kind, kinds[kind])
    yield _row("recovered after the last fault", _seconds(report))
    for finding in report.findings[:_MOST_FINDINGS]:
        yield f"  {finding.kind.upper()}: {finding.what}"
    if len(report.findings) > _MOST_FINDINGS:
        yield f"  … and {len(report.findings) - _MOST_FINDINGS} more"
    yield ""
    yield "Every promise was kept." if report.is_clean else "A promise was broken."


def _faults(report: Report) -> Iterator[str]:
    for name, count in sorted(report.faults.items()):
        yield _row(name, count)
    yield _row("faults done", sum(report.faults.values()))
    yield _row("faults that found nothing to break", report.not_reached)


def _mails(books: Books, report: Report) -> Iterator[str]:
    yield _row("mails posted", report.letters, f"in {report.calls} calls")
    yield _row("mails stored", len(books.inbox), _told(row.state for row in books.inbox))
    yield _row("tickets", len(books.tickets), _told(one.status for one in books.tickets))
    yield _row("messages", len(books.messages), _told(one.sender_type for one in books.messages))
    yield _row("mails in the outbox", len(books.outbox), _told(row.state for row in books.outbox))
    twice = f"{sent_twice(books)} of them more than once, as allowed"
    yield _row("mails that arrived", len(books.arrived), twice)


def _row(name: str, value: object, more: str = "") -> str:
    return f"  {name:<45}{value:>8}   {more}".rstrip()


def _seconds(report: Report) -> str:
    if report.recovery_seconds is None:
        return "never"
    late = "" if report.recovery_seconds <= RECOVERY_SECONDS else " (too late)"
    return f"{report.recovery_seconds:.1f} s{late}"


def _told(kinds: Iterable[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(Counter(kinds).items()))
