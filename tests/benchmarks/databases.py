"""Databases of several sizes on one PostgreSQL, and web servers on them, for measurements."""

import http.client
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from config.local.processes.ports import HOST, free_ports
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey
from tests import processes
from tests.paths import ROOT
from tests.servers import Server
from tests.services import ENVIRONMENT


class Databases:
    """A PostgreSQL and a Valkey of their own, in a folder that is removed in the end."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="servicedesk-bench-"))
        postgres_port, valkey_port = free_ports(2)
        self._password = secrets.token_hex(16)
        self._postgres = Postgres(
            self.folder / "pg", port=postgres_port, password=self._password, durable=True
        )
        self._valkey = Valkey(
            self.folder / "valkey", port=valkey_port, password=self._password, durable=False
        )
        self._servers = [Server(self._postgres), Server(self._valkey)]

    def start(self) -> None:
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        for server in self._servers:
            server.stop()
        self._postgres.discard()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def postgres_pid(self) -> int:
        """Return the process of PostgreSQL."""
        return self._servers[0].process.pid

    def env(self, name: str) -> dict[str, str]:
        """Return the environment variables of a process that uses one of the databases."""
        services = self._postgres.env() | self._valkey.env()
        return {**os.environ, **ENVIRONMENT, **services, "POSTGRES_DB": name}

    def make(self, name: str, *fills: Callable[[Any], None]) -> str:
        """Make a database, fill it, and return the API token of its supervisor."""
        with self._administrator("postgres") as cursor:
            cursor.execute(f"CREATE DATABASE {name} OWNER servicedesk")
        self.manage(name, "migrate", "--verbosity=0")
        token = self.manage(name, "create_supervisor")
        with self._administrator(name) as cursor:
            # Without checking each foreign key of a million rows.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET synchronous_commit = off")
            for fill in fills:
                fill(cursor)
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        return token

    def manage(self, name: str, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.env(name), check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    @contextmanager
    def _administrator(self, name: str) -> Iterator[Any]:
        connection = psycopg2.connect(
            host=HOST,
            port=self._postgres.port,
            user="postgres",
            password=self._password,
            dbname=name,
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()


@contextmanager
def databases() -> Iterator[Databases]:
    """Start the services for a block."""
    made = Databases()
    try:
        made.start()
        yield made
    finally:
        made.stop()


class Website:
    """A web server on one of the databases, and the token of its supervisor."""

    def __init__(self, address: str, token: str = "") -> None:
        self._netloc = urlsplit(address).netloc
        self._headers = {"Authorization": f"Token {token}"} if token else {}

    def time_ms(self, path: str) -> float:
        """Return how long one GET takes until its answer is read."""
        began = time.perf_counter()
        connection = http.client.HTTPConnection(self._netloc, timeout=60)
        connection.request("GET", path, headers=self._headers)
        answer = connection.getresponse()
        answer.read()
        spent = time.perf_counter() - began
        connection.close()
        if answer.status not in (200, 503):  # /readyz is 503 where no worker runs
            raise RuntimeError(f"{path} was answered with {answer.status}")
        return spent * 1000


@contextmanager
def websites(made: Databases, tokens: dict[str, str]) -> Iterator[dict[str, Website]]:
    """Run a web server on each database, by the databases' names."""
    with ExitStack() as stack:
        sites = {}
        for name, token in tokens.items():
            server = processes.web(folder=made.folder / f"web-{name}", env=made.env(name))
            sites[name] = Website(stack.enter_context(server), token)
        yield sites
