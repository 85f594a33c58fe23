"""Measure what a mail costs PostgreSQL, from the inbox to its ticket and notice.

    PUBLISH=1 .venv/bin/python -m tests.benchmarks.database_load

Statements, commits, bytes of WAL and CPU time for each mail, and from these how many mails a second
one PostgreSQL carries: what one core of it can do, and what the disk must write for that. With
PUBLISH=1 they are put into docs/scaling.md.
"""

import sys
from dataclasses import replace

from config.local.processes.process import Program
from config.local.services.postgres import Postgres
from tests.benchmarks import documents
from tests.benchmarks.desk import Desk, cpu_seconds, one_value, running_desk, seconds_while
from tests.benchmarks.mails import generate
from tests.chaos.run import environment_number
from tests.database import connect
from tests.paths import ROOT
from tests.processes import worker

_MAILS, _SENDERS = 2_000, 500
_WAITING = "SELECT count(*) FROM mailing_inboundemail WHERE state = 'received'"
_WAL_BYTES = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"
_STATEMENTS = """
    SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements JOIN pg_database
    ON pg_database.oid = dbid WHERE datname = current_database()
"""
_COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


class CountingPostgres(Postgres):
    """A PostgreSQL that counts the statements it executes."""

    def prepare(self) -> Program:
        """Return the program with the library that counts."""
        program = super().prepare()
        options = ["-c", "shared_preload_libraries=pg_stat_statements"]
        return replace(program, command=[*program.command, *options])


def main() -> None:
    with running_desk(CountingPostgres) as desk:
        figures = _measure(desk)
    lines = ["| | |", "| --- | ---: |"]
    lines += [f"| {name} | {value:,.1f} |" for name, value in figures.items()]
    table = "\n".join(lines) + "\n"
    sys.stdout.write(table)
    if environment_number("PUBLISH", 0):
        documents.put(ROOT / "docs" / "scaling.md", "database_load", table)


def _measure(desk: Desk) -> dict[str, float]:
    env = desk.new_inbox("inbox", generate(_MAILS, senders=_SENDERS))
    administrator = connect({**env, "POSTGRES_USER": "postgres"})
    with administrator.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
    with worker("inbox", folder=desk.new_folder(), env=env, size=2) as process:
        broker = desk.new_broker_client()

        def read() -> dict[str, float]:
            return {
                "statements": one_value(administrator, _STATEMENTS),
                "commits": one_value(administrator, _COMMITS),
                "bytes of WAL": float(one_value(administrator, _WAL_BYTES)),
                "milliseconds of CPU in PostgreSQL": cpu_seconds(desk.postgres_pid) * 1000,
                "milliseconds of CPU in the workers": cpu_seconds(process.pid) * 1000,
            }

        before = read()
        polls = 0

        def mail_waits() -> bool:
            nonlocal polls
            if polls % 200 == 0:
                for _ in range(2):
                    broker.send_task("inbound.work", queue="inbox")
            polls += 1
            return bool(one_value(administrator, _WAITING))

        seconds = seconds_while(mail_waits)
        after = read()
    for name in ("statements", "commits"):
        after[name] -= polls  # our own are among them
    figures = {f"{name} a mail": (after[name] - before[name]) / _MAILS for name in before}
    figures["mails a second, measured"] = _MAILS / seconds
    cpu = figures["milliseconds of CPU in PostgreSQL a mail"]
    figures["mails a second that a core of PostgreSQL carries"] = 1000 / cpu
    figures["MB of WAL a second at that rate"] = (
        figures["bytes of WAL a mail"] * 1000 / cpu / 1_000_000
    )
    return figures


if __name__ == "__main__":
    main()
