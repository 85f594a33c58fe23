"""Tell the administrators of an outage once, and once when it is over.

In a process of its own, because workers, beat, Redis and the database may be what is broken; by a
mail that goes to the mail server directly, not through the outbox.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import make_msgid
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error, transaction
from django.utils import timezone

from config.health import problems
from mailing.models import Outage
from mailing.outages import Problem

log = structlog.get_logger(__name__)

EVERY_SECONDS = 15.0
# So long a problem stands before it is an outage, and is gone before the outage is over: a restart
# mails nobody.
PATIENCE = timedelta(minutes=1)


@dataclass
class _Standing:
    """A problem that was seen, from its first sight on."""

    code: str
    sentence: str
    since: datetime
    gone_since: datetime | None = None
    is_outage: bool = False
    is_told: bool = False
    row: int | None = None  # of the Outage, once the database takes it


class Watch:
    """Looks at the problems round by round; what it has told survives a restart in the database."""

    def __init__(self, look: Callable[[], Sequence[Problem]] = problems) -> None:
        self._look = look
        self._standing: dict[str, _Standing] = {}
        self._is_loaded = False

    def round(self) -> None:
        """Look once, and tell what is new; raises nothing that an outage could cause."""
        self._remember_rows()
        self._see(self._look())
        for one in self._standing.values():
            if not one.is_outage and timezone.now() - one.since >= PATIENCE:
                one.is_outage = True
                log.error("outage_began", code=one.code, reason=one.sentence)
        self._write_rows()
        self._tell_begun()
        self._tell_ended()

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
            one.gone_since = one.gone_since or now
            if not one.is_outage:
                del self._standing[code]

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
                known.is_told = known.is_told or row.told_at is not None
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
                            defaults={
                                "reason": one.sentence,
                                "began_at": one.since,
                                "told_at": timezone.now() if one.is_told else None,
                            },
                        )
                except Error:
                    continue  # the next round
                one.row = row.pk
                one.is_told = one.is_told or row.told_at is not None

    def _tell_begun(self) -> None:
        """Send one mail about all outages that nobody was told of and that are not over."""
        new = [
            one
            for one in self._standing.values()
            if one.is_outage and not one.is_told and one.gone_since is None
        ]
        new = [one for one in new if _claim(one, "told_at")]
        if not new:
            return
        lines = [f"- {one.sentence} (since {_told(one.since)})" for one in new]
        if _mail("ServiceDesk: an outage", [*lines, "", "One more mail comes when it is over."]):
            for one in new:
                one.is_told = True
        else:
            for one in new:
                _give_back(one, "told_at")

    def _tell_ended(self) -> None:
        now = timezone.now()
        over = [
            one
            for one in self._standing.values()
            if one.gone_since is not None and now - one.gone_since >= PATIENCE
        ]
        mine = [one for one in over if _claim(one, "end_told_at")]
        if mine:
            lines = [
                f"- {one.sentence}\n  from {_told(one.since)} to {_told(one.gone_since)}, "
                f"{_span(one)}"
                for one in mine
            ]
            if not _mail("ServiceDesk: the outage is over", lines):
                for one in mine:
                    _give_back(one, "end_told_at")
                over = [one for one in over if one not in mine]
        for one in over:
            if _end(one):
                log.info("outage_ended", code=one.code, seconds=int(_length(one).total_seconds()))
                del self._standing[one.code]


def _claim(one: _Standing, mark: str) -> bool:
    """Take it upon this watch to tell it; another one may have. Without a database nobody has."""
    if one.row is None:
        return True
    try:
        mine = Outage.objects.filter(**{"pk": one.row, mark: None})
        return bool(mine.update(**{mark: timezone.now()}))
    except Error:
        return True


def _give_back(one: _Standing, mark: str) -> None:
    if one.row is not None:
        try:
            Outage.objects.filter(pk=one.row).update(**{mark: None})
        except Error:
            return


def _end(one: _Standing) -> bool:
    if one.row is None:
        return True
    try:
        Outage.objects.filter(pk=one.row).update(ended_at=one.gone_since)
    except Error:
        return False
    return True


def _mail(subject: str, lines: Sequence[str]) -> bool:
    """Send it to `ADMINS`; tell whether the mail server took it, or there is nobody to tell."""
    addresses = [address for _name, address in settings.ADMINS]
    if not addresses:
        return True
    mail = EmailMessage(
        subject,
        "\n".join(
            [*lines, "", f"Seen from {socket.gethostname()}. /readyz tells what stands now."]
        ),
        settings.SUPPORT_ADDRESS,
        addresses,
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": make_msgid(domain=settings.SUPPORT_ADDRESS.rpartition("@")[2]),
        },
    )
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        log.error("administrators_not_told", error=type(error).__name__)
        return False
    log.info("administrators_told", subject=subject)
    return True


def _told(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _length(one: _Standing) -> timedelta:
    return (one.gone_since or timezone.now()) - one.since


def _span(one: _Standing) -> str:
    return f"{round(_length(one).total_seconds() / 60)} min"
