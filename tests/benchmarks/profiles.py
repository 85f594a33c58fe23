"""Profile what rows of the table measure: which parts of the code the time goes to.

    .venv/bin/python -m tests.benchmarks.profiles 2>/dev/null

ONLY='intake lists' selects rows. With PUBLISH=1 the table is put into docs/performance.md. The
profiler itself slows function calls, so the shares count, not the milliseconds. Each profile is
also written to .local/profiles/, for `python -m pstats` and its like. The log goes to stderr.
"""

import cProfile
import multiprocessing
import os
import pstats
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

import django
from django.utils import timezone

from config.local.client import WEBHOOK_PATH, sign_mails
from config.local.processes.ports import HOST, free_ports, is_listening
from tests.benchmarks import documents, filling
from tests.benchmarks.desk import Desk, running_desk
from tests.benchmarks.mails import generate
from tests.benchmarks.rows.lists import pages
from tests.benchmarks.rows.webhook import mail_of
from tests.chaos.run import environment_number
from tests.database import connect
from tests.paths import ROOT
from tests.processes import running, wait_until

_FOLDER = ROOT / ".local" / "profiles"
_SHOWN = 7  # shares of each row
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
    "mailing/webhook/": "mailing.webhook",
    "mailing/": "mailing: other",
    "tickets/quotes/": "tickets.quotes",
    "tickets/": "tickets",
    "config/http/": "config.http",
    "tasks/": "tasks",
    "rest_framework/": "Django REST framework",
    "inscriptis/": "HTML to text (inscriptis, lxml)",
    "lxml/": "HTML to text (inscriptis, lxml)",
    "/email/": "the standard library's email",
    "structlog/": "logging",
    "/logging/": "logging",
    "/re/": "regular expressions",
    "/json/": "JSON",
}
_PARTS_OF_BUILT_INS = {
    "psycopg2": "waiting for PostgreSQL",
    "re.Pattern": "regular expressions",
    "lxml": "HTML to text (inscriptis, lxml)",
    "_socket": "waiting for the mail server",
    "_json": "JSON",
    "_io.TextIOWrapper": "logging",
}

Work = Callable[[], int]  # returns of how many mails, calls or pages


def _webhook(desk: Desk, *, calls: int, mails: int) -> Work:
    env = desk.new_database("inbox")
    desk.manage(env, "migrate", "--verbosity", "0")
    now = int(time.time() * 1000)
    named = [(f"m{number}", now, mail_of(number)) for number in range(calls * mails)]
    requests = [
        sign_mails(env["WEBHOOK_SECRETS"], named[start : start + mails])
        for start in range(0, len(named), mails)
    ]
    client = _client(env)

    def work() -> int:
        for body, headers in requests:
            answer = client.post(WEBHOOK_PATH, body, "application/json", headers=headers)
            assert answer.status_code == 202, answer
        return calls

    return work


def _intake(desk: Desk, *, mails: int, senders: int) -> Work:
    _set_up(desk.new_inbox("inbox", generate(mails, senders=senders)))
    worker = import_module("mailing.inbound.worker")
    return partial(worker.work_inbox, until=timezone.now() + timedelta(minutes=10))


def _outbox(desk: Desk, *, mails: int) -> Work:
    (port,) = free_ports(1)
    desk.env.update(EMAIL_PORT=str(port), EMAIL_USE_TLS="false")
    _intake(desk, mails=mails, senders=mails)()
    worker = import_module("mailing.outbound.worker")

    def work() -> int:
        sink = ("tests.benchmarks.smtp_sink", str(port), "0")
        with running("sink", *sink, folder=desk.new_folder(), env=desk.env):
            wait_until(lambda: is_listening(port))
            return int(worker.work_outbox(until=timezone.now() + timedelta(minutes=10)))

    return work


def _lists(desk: Desk, *, tickets: int) -> Work:
    env = desk.new_database("tickets")
    desk.manage(env, "migrate", "--verbosity", "0")
    connection = connect({**env, "POSTGRES_USER": "postgres"})
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        filling.fill_operators(cursor)
        filling.fill_tickets(cursor, tickets)
        cursor.execute("VACUUM ANALYZE")
    connection.close()
    client = _client(env)
    services = import_module("operators.services")
    operator = import_module("operators.models").Operator.objects.first()
    headers = {"Authorization": f"Token {services.issue_token(operator=operator)[1]}"}

    def work() -> int:
        paths = pages(tickets).values()
        for path in paths:
            assert client.get(path, headers=headers).status_code == 200, path
        return len(paths)

    return work


_WORKS: dict[str, Callable[[Desk], Work]] = {
    "webhook-1": partial(_webhook, calls=500, mails=1),
    "webhook-100": partial(_webhook, calls=20, mails=100),
    "intake": partial(_intake, mails=1000, senders=250),
    "intake-new": partial(_intake, mails=1000, senders=1000),
    "outbox": partial(_outbox, mails=1000),
    "lists": partial(_lists, tickets=20_000),
}


def main() -> None:
    names = os.environ.get("ONLY", "").replace(",", " ").split() or list(_WORKS)
    lines = ["| row | where the time goes |", "| --- | --- |"]
    # Each in a process of its own, because Django knows one database.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        lines += pool.map(_profile, names, chunksize=1)
    table = "\n".join(lines) + "\n"
    sys.stdout.write(table)
    if environment_number("PUBLISH", 0):
        documents.put(ROOT / "docs" / "performance.md", "profiles", table)


def _profile(name: str) -> str:
    """Profile a row in this process, and return its line of the table."""
    with running_desk() as desk:
        work = _WORKS[name](desk)
        with cProfile.Profile() as profile:
            times = work()
        django.db.connections.close_all()
    assert times, f"{name} did nothing"
    _FOLDER.mkdir(parents=True, exist_ok=True)
    profile.dump_stats(_FOLDER / f"{name}.prof")
    return f"| {name} | {_shares(pstats.Stats(profile))} |"


def _set_up(env: dict[str, str]) -> None:
    """Set Django up; what needs the settings can be imported from then on."""
    os.environ.update(env, DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()


def _client(env: dict[str, str]) -> Any:
    """Return a client of the web application, which has answered one request."""
    _set_up(env)
    client = import_module("django.test").Client(SERVER_NAME=HOST)
    assert client.get("/healthz").status_code == 200
    return client


def _shares(stats: pstats.Stats) -> str:
    seconds: defaultdict[str, float] = defaultdict(float)
    for (file, _line, function), figures in stats.stats.items():  # type: ignore[attr-defined]  # not in typeshed
        seconds[_part(file, function)] += figures[2]  # without the functions that it calls
    total = sum(seconds.values())
    largest = sorted(seconds.items(), key=lambda item: -item[1])[:_SHOWN]
    return ", ".join(f"{part} {own / total:.0%}" for part, own in largest)


def _part(file: str, function: str) -> str:
    known = _PARTS_OF_BUILT_INS if file == "~" else _PARTS
    place = function if file == "~" else file
    rest = "built-in functions" if file == "~" else "other"
    return next((part for mark, part in known.items() if mark in place), rest)


if __name__ == "__main__":
    main()
