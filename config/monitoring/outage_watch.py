"""Notify the administrators once when an outage begins, and once when it is over.

It runs in a process of its own, because workers, beat, Redis and the database may be what is
broken, and mails directly, without the outbox.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import Error, connection, transaction
from django.utils import timezone

from config.monitoring.admin_alerts import AdminMailer
from config.monitoring.checks import find_problems
from mailing.monitoring.problems import Problem
from mailing.monitoring_models import Outage
from mailing.queueing.locks import AdvisoryLock

log = structlog.get_logger(__name__)

ROUND_SECONDS = 15.0
# A problem must be present this long to be an outage, and absent this long to be over, so that a
# restart mails nobody.
GRACE = timedelta(minutes=1)

_PREREQUISITES = frozenset({"database", "migrations", "redis", "beat"})
# While one of its causes is present, a problem is no outage of its own.
_CAUSED_BY: dict[str, frozenset[str]] = {
    "beat": _PREREQUISITES - {"beat"},
    "inbox": _PREREQUISITES,
    "outbox": _PREREQUISITES,
    "inbox_age": _PREREQUISITES | {"inbox"},
    "outbox_age": _PREREQUISITES | {"outbox", "outbox_paused"},
}
# While one of these is present, the tables cannot be read, and only these and Redis are checked.
_HIDING_OTHERS = frozenset({"database", "migrations"})
_CHECKED_WITHOUT_TABLES = _HIDING_OTHERS | {"redis"}


@dataclass
class _OpenProblem:
    """A problem from when it was first seen until it is over."""

    code: str
    sentence: str
    since: datetime
    gone_since: datetime | None = None
    is_outage: bool = False
    # Which notifications were sent, by the columns of `Outage` that hold their times.
    notified: set[str] = field(default_factory=set)
    row_id: int | None = None  # of the Outage, once the database has stored it

    @property
    def duration(self) -> timedelta:
        return (self.gone_since or timezone.now()) - self.since


class OutageWatch:
    """Checks for problems round by round.

    Which outages were reported is stored in the database, so that a restarted watch does not
    report them again.
    """

    def __init__(self, find: Callable[[], Sequence[Problem]] = find_problems) -> None:
        self._find = find
        self._open: dict[str, _OpenProblem] = {}
        self._is_loaded = False
        self._mailer = AdminMailer()

    def run_round(self) -> None:
        """Check once and report what is new; raises nothing that an outage can cause."""
        self._load_outages()
        self._update(self._find())
        for problem in self._open.values():
            if not problem.is_outage and self._is_new_outage(problem):
                problem.is_outage = True
                log.error("outage_began", code=problem.code, reason=problem.sentence)
        self._store_outages()
        with _reporter_lock() as is_reporter:
            if is_reporter:
                self._report_begun()
                self._report_ended()

    def _is_new_outage(self, problem: _OpenProblem) -> bool:
        has_cause = _CAUSED_BY.get(problem.code, frozenset()) & self._open.keys()
        return not has_cause and problem.duration >= GRACE

    def _update(self, problems: Sequence[Problem]) -> None:
        now = timezone.now()
        for code, sentence in problems:
            problem = self._open.setdefault(code, _OpenProblem(code, sentence, now))
            problem.sentence, problem.gone_since = sentence, None
        present = {problem.code for problem in problems}
        for code in self._open.keys() - present:
            problem = self._open[code]
            if not problem.is_outage:
                del self._open[code]
            elif present & _HIDING_OTHERS and code not in _CHECKED_WITHOUT_TABLES:
                problem.gone_since = None  # it may still be there
            else:
                problem.gone_since = problem.gone_since or now

    def _load_outages(self) -> None:
        """Continue the outages that an earlier process of the watch has begun."""
        if self._is_loaded:
            return
        with suppress(Error):  # the next round tries again
            for row in Outage.objects.filter(ended_at=None):
                problem = self._open.setdefault(
                    row.code, _OpenProblem(row.code, row.reason, row.began_at)
                )
                problem.is_outage, problem.row_id = True, row.pk
            self._is_loaded = True

    def _store_outages(self) -> None:
        """Store what the database does not have yet, also from rounds in which it was down."""
        for problem in self._open.values():
            if problem.is_outage and problem.row_id is None:
                try:
                    with transaction.atomic():
                        row, _created = Outage.objects.get_or_create(
                            code=problem.code,
                            ended_at=None,
                            defaults={"reason": problem.sentence, "began_at": problem.since},
                        )
                except Error:
                    continue
                problem.row_id = row.pk
            for column in problem.notified:
                _store_notified(problem, column)

    def _report_begun(self) -> None:
        """Send one mail about all outages that nobody has reported and that are not over."""
        new = [
            problem
            for problem in self._open.values()
            if problem.is_outage
            and problem.gone_since is None
            and not _is_notified(problem, "told_at")
        ]
        if not new:
            return
        lines = [f"- {problem.sentence} (since {_format_time(problem.since)})" for problem in new]
        lines += ["", "One more mail comes when it is over."]
        if self._mailer.send("ServiceDesk: an outage", lines):
            for problem in new:
                _mark_notified(problem, "told_at")

    def _report_ended(self) -> None:
        """Send one mail about all outages that are over, and close them."""
        now = timezone.now()
        over = [
            problem
            for problem in self._open.values()
            if problem.gone_since is not None and now - problem.gone_since >= GRACE
        ]
        unreported = [problem for problem in over if not _is_notified(problem, "end_told_at")]
        if unreported:
            lines = [_format_ended(problem) for problem in unreported]
            if self._mailer.send("ServiceDesk: the outage is over", lines):
                for problem in unreported:
                    _mark_notified(problem, "end_told_at")
            else:
                over = [problem for problem in over if problem not in unreported]
        for problem in over:
            if _store_end(problem):
                seconds = int(problem.duration.total_seconds())
                log.info("outage_ended", code=problem.code, seconds=seconds)
                del self._open[problem.code]


@contextmanager
def _reporter_lock() -> Iterator[bool]:
    """Yield whether this watch holds the lock that allows it to report.

    With it two watches report an outage once. PostgreSQL frees the lock of a killed watch, and
    another watch reports in its place. Without a database every watch reports.
    """
    try:
        is_reporter = _call_lock_function("pg_try_advisory_lock")
    except Error:
        yield True
        return
    try:
        yield is_reporter
    finally:
        if is_reporter:
            with suppress(Error):  # the lock of a lost connection is free already
                _call_lock_function("pg_advisory_unlock")


def _call_lock_function(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [AdvisoryLock.OUTAGE_REPORTER])
        return bool(cursor.fetchone()[0])


def _is_notified(problem: _OpenProblem, column: str) -> bool:
    """Return whether any watch has sent this notification; without a database, this watch."""
    if column not in problem.notified and problem.row_id is not None:
        with suppress(Error):
            if Outage.objects.filter(pk=problem.row_id).exclude(**{column: None}).exists():
                problem.notified.add(column)
    return column in problem.notified


def _mark_notified(problem: _OpenProblem, column: str) -> None:
    problem.notified.add(column)
    _store_notified(problem, column)


def _store_notified(problem: _OpenProblem, column: str) -> None:
    with suppress(Error):  # the next round tries again
        rows = Outage.objects.filter(**{"pk": problem.row_id, column: None})
        rows.update(**{column: timezone.now()})


def _store_end(problem: _OpenProblem) -> bool:
    """Return whether the row says that the outage is over; True as well when there is no row."""
    if problem.row_id is None:
        return True
    try:
        Outage.objects.filter(pk=problem.row_id).update(ended_at=problem.gone_since)
    except Error:
        return False
    return True


def _format_ended(problem: _OpenProblem) -> str:
    minutes = round(problem.duration.total_seconds() / 60)
    begin, end = _format_time(problem.since), _format_time(problem.gone_since)
    return f"- {problem.sentence}\n  from {begin} to {end}, {minutes} min"


def _format_time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
