"""The PostgreSQL, broker, web server and workers of a measurement, durable as in production."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import redis
from celery import Celery

from config.local.client import Api
from config.local.processes.ports import free_ports
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey
from config.local.stack import Stack, build
from tests.database import connect
from tests.paths import ROOT
from tests.processes import web
from tests.servers import Server

SETTINGS = {
    "EMAIL_HOST": "127.0.0.1",  # no mail is sent: no worker of the outbox runs
    "EMAIL_PORT": "1",
    # A notice for each ticket, as on a day on which no limit is reached.
    "NOTICES_PER_HOUR": "1000000",
    "NOTICES_PER_DAY": "1000000",
    "AUTOMATIC_MAIL_PER_HOUR": "1000000000",
}
_MAILS_PER_CALL = 100


class Desk:
    """A started PostgreSQL and Valkey, in which databases are made and copied."""

    def __init__(self, stack: Stack, *, postgres_pid: int) -> None:
        self._stack = stack
        self.postgres_pid = postgres_pid
        self._folders = count()
        self.env = dict(stack.env)

    def new_folder(self) -> Path:
        """Return a new folder, such as for the logs of a process."""
        folder = self._stack.folder / f"run{next(self._folders)}"
        folder.mkdir()
        return folder

    def new_database(self, name: str, *, template: str = "template1") -> dict[str, str]:
        """Make a database, empty or a copy of another one, and return the settings with it."""
        # FILE_COPY writes a checkpoint, so that none is due during the measurement.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return {**self.env, "POSTGRES_DB": name}

    @contextmanager
    def copy_of(self, template: str) -> Iterator[dict[str, str]]:
        """Yield the settings with a copy of a database, and with an empty folder for files."""
        name = f"copy_of_{template}"
        env = self.new_database(name, template=template)
        try:
            yield {**env, "FILES_ROOT": str(self.new_folder())}
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def new_inbox(self, name: str, mails: Sequence[bytes]) -> dict[str, str]:
        """Have the webhook store mails in a new database; return the settings with it."""
        env = self.new_database(name)
        self.manage(env, "migrate", "--verbosity", "0")
        first = int(time.time() * 1000) - len(mails)  # old mail would get no notice
        arrivals = [(f"mail{n}", first + n, mail) for n, mail in enumerate(mails)]
        with web(folder=self.new_folder(), env=env) as url:
            api = Api(url, token="", timeout_seconds=60)
            for start in range(0, len(mails), _MAILS_PER_CALL):
                call = arrivals[start : start + _MAILS_PER_CALL]
                response = api.post_mails(env["WEBHOOK_SECRETS"], call)
                assert response.status == 202, response
        connection = connect(env)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        connection.close()
        return env

    def manage(self, env: Mapping[str, str], *command: str) -> None:
        """Run a management command."""
        python = [sys.executable, str(ROOT / "manage.py"), *command]
        subprocess.run(python, env=env, cwd=ROOT, check=True)

    def new_broker_client(self) -> Celery:
        """Return a Celery application for publishing, once the broker has been emptied."""
        url = self.env["CELERY_BROKER_URL"]
        redis.Redis.from_url(url).flushdb()
        return Celery(broker=url)

    def has_tasks(self, queue: str) -> bool:
        """Return whether tasks wait in this queue or were not yet acknowledged by a worker."""
        client = redis.Redis.from_url(self.env["CELERY_BROKER_URL"])
        return bool(client.llen(queue) or client.hlen("unacked"))

    def _execute(self, statement: str) -> None:
        connection = connect(self.env)
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()


@contextmanager
def running_desk(
    postgres_class: type[Postgres] = Postgres, valkey_class: type[Valkey] = Valkey
) -> Iterator[Desk]:
    """Start PostgreSQL and Valkey in a folder of their own, and remove all in the end."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="servicedesk-desk-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        ports, password = free_ports(2), secrets.token_hex(16)
        postgres = postgres_class(folder / "postgres", port=ports[0], password=password)
        stack.callback(postgres.discard)
        valkey = valkey_class(folder / "valkey", port=ports[1], password=password)
        servers = [Server(postgres), Server(valkey)]
        for server in servers:
            stack.callback(server.stop)
            server.start()
        configured = {**SETTINGS, **postgres.env(), **valkey.env()}
        parts = build(folder / "stack", port=None, configured=configured)
        yield Desk(parts, postgres_pid=servers[0].process.pid)


def one_value(connection: Any, query: str) -> Any:
    """Return the value of a query that returns one."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and its descendants so far; 0 where there is no /proc."""
    if not Path("/proc/self/stat").exists():
        return 0.0
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    # utime, stime, and both of the children that have ended (proc_pid_stat(5)); these follow the
    # name in parentheses.
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    except FileNotFoundError:  # it has just ended
        return 0.0
    own = sum(map(int, fields)) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_seconds(child) for child in map(int, listed.stdout.split()))


def seconds_while(condition: Callable[[], bool], *, most: float = 1800) -> float:
    """Wait until a condition is false, and return how many seconds that took."""
    began = time.monotonic()
    while condition():
        if time.monotonic() - began > most:
            raise TimeoutError(f"not done within {most} s")
        time.sleep(0.02)
    return time.monotonic() - began
