"""A stack of containers with its own project name, port and secrets."""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

from tests.paths import ROOT

SUPPORT = "desk@servicedesk.example"
Result = TypeVar("Result")


class StackError(Exception):
    """A Docker command failed, or a condition was not met in time."""


class Stack:
    """The stack of docker-compose.yml, with a mail server beside it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="servicedesk-compose-"))
        self.env_file = self._folder / "env"
        self.name = f"servicedesk-{secrets.token_hex(4)}"
        self.port = _free_port()
        self.webhook_key = secrets.token_bytes(32)
        self.values = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ALLOWED_HOSTS": "127.0.0.1",
            "POSTGRES_PASSWORD": secrets.token_hex(24),
            "REDIS_PASSWORD": secrets.token_hex(24),
            "WEBHOOK_SECRETS": "whsec_" + base64.b64encode(self.webhook_key).decode(),
            "SUPPORT_ADDRESS": SUPPORT,
            "EMAIL_HOST": "sink",
            "EMAIL_PORT": "2525",
            "EMAIL_USE_TLS": "false",
            "HTTP_PORT": f"127.0.0.1:{self.port}",
            "WEB_CONCURRENCY": "2",
        }
        self.configure()
        self.token = ""

    def configure(self, **values: str) -> None:
        """Write the .env: the sample with these values filled in."""
        self.values |= values
        lines = (ROOT / ".env.sample").read_text().splitlines()
        filled = []
        for line in lines:
            name = line.partition("=")[0]
            filled.append(f"{name}={self.values[name]}" if name in self.values else line)
        self.env_file.write_text("\n".join(filled) + "\n")

    @property
    def folder(self) -> Path:
        """A folder that is removed with the stack."""
        return self._folder

    def piped(self, *arguments: str, source: Path | None = None, into: Path | None = None) -> str:
        """Run `docker compose` with a file as its input or output; return its other output."""
        with (source or Path(os.devnull)).open("rb") as stdin:
            if into is None:
                return self.compose(*arguments, stdin=stdin)
            with into.open("wb") as stdout:
                return self.compose(*arguments, stdin=stdin, stdout=stdout)

    def compose(
        self,
        *arguments: str,
        seconds: float = 120,
        env_file: Path | None = None,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        stdout: IO[bytes] | int = subprocess.PIPE,
    ) -> str:
        """Run `docker compose` and return what it printed; raises StackError."""
        chosen = str(env_file or self.env_file)
        files = ("docker-compose.yml", "tests/compose/docker-compose.yml")
        options = [part for name in files for part in ("--file", str(ROOT / name))]
        # Only what Docker needs: the caller's variables would take precedence over .env.
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in ("PATH", "HOME") or name.startswith(("DOCKER_", "BUILDKIT_"))
        }
        environment |= {"ENV_FILE": chosen, "SERVICEDESK_VERSION": self.name}
        project = ["--project-directory", str(ROOT), "--project-name", self.name]
        command = ["docker", "compose", *project, "--env-file", chosen, *options, *arguments]
        try:
            done = subprocess.run(
                command,
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.PIPE,
                text=True,
                timeout=seconds,
                check=False,
                env=environment,
            )
        except subprocess.TimeoutExpired as error:
            raise StackError(f"`docker compose {arguments[0]}` took over {seconds} s") from error
        if done.returncode:
            raise StackError(f"`docker compose {' '.join(arguments)}`: {done.stderr[-3000:]}")
        return done.stdout or ""

    def inside(self, service: str, *command: str) -> str:
        """Run a command in a service's container and return what it printed."""
        return self.compose("exec", "-T", service, *command).strip()

    def redis(self, *command: str) -> str:
        """Run a Redis command and return the answer."""
        return self.inside("redis", "redis-cli", *command)

    def container(self, service: str) -> dict[str, Any]:
        """Return the output of `docker inspect` for a service's only container."""
        container_id = self.compose("ps", "--all", "--quiet", service).split()[0]
        done = subprocess.run(
            ["docker", "inspect", container_id], capture_output=True, text=True, check=True
        )
        inspected: dict[str, Any] = json.loads(done.stdout)[0]
        return inspected

    def health(self, service: str) -> str:
        """Return `healthy`, `unhealthy` or `starting`."""
        return str(self.container(service)["State"]["Health"]["Status"])

    def containers(self) -> list[dict[str, Any]]:
        """Return the output of `docker compose ps` for all containers, also ended ones."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def mails(self) -> list[dict[str, Any]]:
        """Return `from`, `to` and `raw` of each mail that the mail server has received."""
        lines = self.inside("sink", "cat", "mails").splitlines()
        return [json.loads(line) for line in lines]

    def logs(self) -> str:
        """Return the last lines of every service."""
        try:
            return self.compose("logs", "--no-color", "--tail", "25")
        except StackError as error:
            return str(error)

    def remove(self) -> None:
        """Remove containers, volumes, networks and the image."""
        try:
            self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
            subprocess.run(
                ["docker", "image", "rm", f"servicedesk:{self.name}"],
                capture_output=True,
                check=False,
            )
        except (StackError, FileNotFoundError):
            pass  # no engine, so there is nothing to remove
        shutil.rmtree(self._folder, ignore_errors=True)


def require_engine() -> None:
    """Raise StackError unless a Docker engine runs and has its compose plugin."""
    if shutil.which("docker") is None:
        raise StackError("Docker is not installed; this needs a running engine and compose.")
    for command in (["docker", "version"], ["docker", "compose", "version"]):
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise StackError(
                f"`{' '.join(command)}` fails; this needs a running Docker engine and compose."
            )


def eventually(what: str, find: Callable[[], Result | None], seconds: float = 40) -> Result:
    """Return the first true value that `find` returns; raise StackError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := find()):
        if time.monotonic() > deadline:
            raise StackError(f"{what}: not within {seconds} s")
        time.sleep(0.3)
    return result


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
