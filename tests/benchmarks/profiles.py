"""Profile intake in one process: how the time of a mail is spread over the parts of the code.

    .venv/bin/python -m tests.benchmarks.intake_profile 2>/dev/null

The profiler itself slows function calls, so the shares count, not the milliseconds. The profile is
also written to .local/intake.prof, for `python -m pstats` and its like. The log goes to stderr.
"""

import cProfile
import os
import pstats
import sys
from collections import defaultdict
from datetime import timedelta
from importlib import import_module

import django
from django.utils import timezone

from tests.benchmarks.desk import running_desk
from tests.benchmarks.mails import generate
from tests.paths import ROOT

_MAILS, _SENDERS = 1_000, 250
# The first that occurs in a function's file is its part of the code.
_PARTS = {
    "django/db/models/sql/": "Django: building SQL",
    "django/db/models/": "Django: models and querysets",
    "django/db/": "Django: connection and transactions",
    "django/template/": "Django: templates",
    "django/": "Django: other",
    "mailing/parsing/": "mailing.parsing",
    "mailing/classification/": "mailing.classification",
    "mailing/inbound/": "mailing.inbound",
    "mailing/outbound/": "mailing.outbound",
    "mailing/": "mailing: other",
    "tickets/quotes/": "tickets.quotes",
    "tickets/": "tickets: other",
    "tasks/": "tasks",
    "inscriptis/": "HTML to text (inscriptis, lxml)",
    "lxml/": "HTML to text (inscriptis, lxml)",
    "/email/": "the standard library's email",
    "structlog/": "logging",
    "/logging/": "logging",
    "/re/": "regular expressions",
}
_PARTS_OF_BUILT_INS = {
    "psycopg2": "psycopg2: waiting for PostgreSQL",
    "re.Pattern": "regular expressions",
    "lxml": "HTML to text (inscriptis, lxml)",
}


def main() -> None:
    with running_desk() as desk:
        os.environ.update(desk.new_inbox("inbox", generate(_MAILS, senders=_SENDERS)))
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        # Not at the top: it needs the settings of a database that did not exist yet.
        worker = import_module("mailing.inbound.worker")
        with cProfile.Profile() as profile:
            processed = worker.work_inbox(until=timezone.now() + timedelta(minutes=10))
        django.db.connections.close_all()
    path = ROOT / ".local" / "intake.prof"
    path.parent.mkdir(exist_ok=True)
    profile.dump_stats(path)
    _print_shares(pstats.Stats(profile), processed)


def _print_shares(stats: pstats.Stats, mails: int) -> None:
    seconds: defaultdict[str, float] = defaultdict(float)
    for (file, _line, function), (
        _calls,
        _all,
        own,
        _with_callees,
        _callers,
    ) in stats.stats.items():  # type: ignore[attr-defined]  # not in typeshed
        seconds[_part(file, function)] += own
    total = sum(seconds.values())
    sys.stdout.write(f"{total * 1000 / mails:.1f} ms a mail, of {mails} mails\n")
    for part, own in sorted(seconds.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"{part:40}{own * 1000 / mails:8.2f} ms{own / total:8.1%}\n")


def _part(file: str, function: str) -> str:
    known = _PARTS_OF_BUILT_INS if file == "~" else _PARTS
    place = function if file == "~" else file
    return next((part for mark, part in known.items() if mark in place), "other")


if __name__ == "__main__":
    main()
