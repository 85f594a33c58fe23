"""Tell the administrators of an outage once, and once when it is over.

In a process of its own, because workers, beat, Redis and the database may be what is broken; by a
mail that goes to the mail server directly, not through the outbox.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import Error, connection, transaction
from django.utils import timezone

from config.monitoring.admin_alerts import Post
from config.monitoring.health import find_problems
from mailing.monitoring.problems import Problem
from mailing.monitoring_models import Outage
from mailing.queueing.locks import AdvisoryLock

log = structlog.get_logger(__name__)

EVERY_SECONDS = 15.0
# So long a problem stands before it is an outage, and is gone before the outage is over: a restart
# mails nobody.
PATIENCE = timedelta(minutes=1)

_FLOW = frozenset({"database", "migrations", "redis", "beat"})
# What a problem brings with it is told by itself only if it stays when that one is over.
_BROUGHT_BY: dict[str, frozenset[str]] = {
    "beat": _FLOW - {"beat"},
    "inbox": _FLOW,
    "outbox": _FLOW,
    "inbox_age": _FLOW | {"inbox"},
    "outbox_age": _FLOW | {"outbox", "outbox_paused"},
}
# While one of these stands, nothing is known but Redis.
_BLINDING = frozenset({"database", "migrations"})
_SEEN_WITHOUT_TABLES = _BLINDING | {"redis"}


@dataclass
class _Standing:
    """A problem that was seen, from its first sight on."""

    code: str
    sentence: str
    since: datetime
    gone_since: datetime | None = None
    is_outage: bool = False
    told: set[str] = field(default_factory=set)  # by the names of the row's columns
    row: int | None = None  # of the Outage, once the database takes it


class Watch:
    """Looks at the problems round by round; what it has told survives a restart in the database."""

    def __init__(self, look: Callable[[], Sequence[Problem]] = find_problems) -> None:
        self._look = look
        self._standing: dict[str, _Standing] = {}
        self._is_loaded = False
        self._post = Post()

    def round(self) -> None:
        """Look once, and tell what is new; raises nothing that an outage could cause."""
        self._remember_rows()
        self._see(self._look())
        for one in self._standing.values():
            if not one.is_outage and self._is_one_of_its_own(one):
                one.is_outage = True
                log.error("outage_began", code=one.code, reason=one.sentence)
        self._write_rows()
        with _turn() as is_mine:
            if is_mine:
                self._tell_begun()
                self._tell_ended()

    def _is_one_of_its_own(self, one: _Standing) -> bool:
        is_brought = _BROUGHT_BY.get(one.code, frozenset()) & self._standing.keys()
        return not is_brought and timezone.now() - one.since >= PATIENCE

    def _see(self, found: Sequence[Problem]) -> None:
        now = timezone.now()
        for problem in found:
            one = self._standing.get(problem.code)
            if one is None:
                self._standing[problem.code] = _Standing(problem.code, problem.sentence, now)
            else:
                one.sentence, one.gone_since = problem.sentence, None
        codes = {problem.code for problem in found}
        for code in self._standing.keys() - codes:
            one = self._standing[code]
            if not one.is_outage:
                del self._standing[code]
            elif codes & _BLINDING and code not in _SEEN_WITHOUT_TABLES:
                one.gone_since = None  # that is not known now
            else:
                one.gone_since = one.gone_since or now

    def _remember_rows(self) -> None:
        """Take up the outages that a watch before this one has begun."""
        if self._is_loaded:
            return
        try:
            for row in Outage.objects.filter(ended_at=None):
                known = self._standing.setdefault(
                    row.code, _Standing(row.code, row.reason, row.began_at)
                )
                known.is_outage, known.row = True, row.pk
            self._is_loaded = True
        except Error:
            return  # the next round

    def _write_rows(self) -> None:
        for one in self._standing.values():
            if one.is_outage and one.row is None:
                try:
                    with transaction.atomic():
                        row, _made = Outage.objects.get_or_create(
                            code=one.code,
                            ended_at=None,
                            defaults={"reason": one.sentence, "began_at": one.since},
                        )
                except Error:
                    continue  # the next round
                one.row = row.pk
            for mark in one.told:  # while the database was away, perhaps
                _write(one, mark)

    def _tell_begun(self) -> None:
        """Send one mail about all outages that nobody was told of and that are not over."""
        new = [
            one
            for one in self._standing.values()
            if one.is_outage and one.gone_since is None and not _is_told(one, "told_at")
        ]
        if not new:
            return
        lines = [f"- {one.sentence} (since {_told(one.since)})" for one in new]
        lines += ["", "One more mail comes when it is over."]
        if self._post.takes("ServiceDesk: an outage", lines):
            for one in new:
                _mark(one, "told_at")

    def _tell_ended(self) -> None:
        now = timezone.now()
        over = [
            one
            for one in self._standing.values()
            if one.gone_since is not None and now - one.gone_since >= PATIENCE
        ]
        untold = [one for one in over if not _is_told(one, "end_told_at")]
        if untold:
            lines = [
                f"- {one.sentence}\n  from {_told(one.since)} to {_told(one.gone_since)}, "
                f"{_span(one)}"
                for one in untold
            ]
            if not self._post.takes("ServiceDesk: the outage is over", lines):
                over = [one for one in over if one not in untold]
            else:
                for one in untold:
                    _mark(one, "end_told_at")
        for one in over:
            if _end(one):
                log.info("outage_ended", code=one.code, seconds=int(_length(one).total_seconds()))
                del self._standing[one.code]


@contextmanager
def _turn() -> Iterator[bool]:
    """Tell whether this watch is the one to tell, until the block or its process ends.

    Two watches tell an outage once, and what one is killed over is told by the next. Without a
    database each is on its own.
    """
    try:
        is_mine = _lock("pg_try_advisory_lock")
    except Error:
        yield True
        return
    try:
        yield is_mine
    finally:
        if is_mine:
            with suppress(Error):  # a connection that is gone has let go by itself
                _lock("pg_advisory_unlock")


def _lock(function: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [AdvisoryLock.OUTAGE_REPORTER])
        return bool(cursor.fetchone()[0])


def _is_told(one: _Standing, mark: str) -> bool:
    """Tell whether any watch has told it; without a database, whether this one has."""
    if mark not in one.told and one.row is not None:
        with suppress(Error):
            if Outage.objects.filter(pk=one.row).exclude(**{mark: None}).exists():
                one.told.add(mark)
    return mark in one.told


def _mark(one: _Standing, mark: str) -> None:
    one.told.add(mark)
    _write(one, mark)


def _write(one: _Standing, mark: str) -> None:
    with suppress(Error):
        Outage.objects.filter(**{"pk": one.row, mark: None}).update(**{mark: timezone.now()})


def _end(one: _Standing) -> bool:
    if one.row is None:
        return True
    try:
        Outage.objects.filter(pk=one.row).update(ended_at=one.gone_since)
    except Error:
        return False
    return True


def _told(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _length(one: _Standing) -> timedelta:
    return (one.gone_since or timezone.now()) - one.since


def _span(one: _Standing) -> str:
    return f"{round(_length(one).total_seconds() / 60)} min"
