"""Hosts as network namespaces: each has an interface of its own to the host of the databases."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from config.local.processes.process import Process, Program
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey
from tests.paths import ROOT
from tests.processes import wait_until


@dataclass(frozen=True)
class Host:
    """A network namespace; `gateway` is where it reaches the databases."""

    name: str
    gateway: str
    address: str

    @property
    def interface(self) -> str:
        return f"{self.name}-link"

    def cut_off(self) -> None:
        """Drop all packets from and to the host, as a pulled cable does."""
        _ip("link", "set", self.interface, "down")

    def reconnect(self) -> None:
        _ip("link", "set", self.interface, "up")

    @contextmanager
    def inbox_worker(self, folder: Path, env: dict[str, str]) -> Iterator[Process]:
        """Run an inbox worker with two processes on the host."""
        options = ["-n", f"inbox@{self.name}", "-Q", "inbox", "-P", "prefork", "-c", "2"]
        options += ["--loglevel", "info", "--without-mingle", "--without-gossip"]
        inside = ["ip", "netns", "exec", self.name, sys.executable, "-m"]
        program = Program(
            name=self.name,
            command=[*inside, "celery", "-A", "config", "worker", *options],
            log=folder / f"{self.name}.log",
            env={**env, "POSTGRES_HOST": self.gateway, "CELERY_BROKER_URL": self._broker(env)},
            cwd=ROOT,
        )
        process = Process(program)
        process.start()
        try:
            wait_until(lambda: " ready." in program.log.read_text(), seconds=60)
            yield process
        finally:
            process.kill()

    def _broker(self, env: dict[str, str]) -> str:
        return env["CELERY_BROKER_URL"].replace("127.0.0.1", self.gateway)


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Make two namespaces; skip the test where that is not allowed."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("Network namespaces need root and iproute2.")
    hosts = (
        Host(f"sd{os.getpid()}a", "10.213.1.1", "10.213.1.2"),
        Host(f"sd{os.getpid()}b", "10.213.2.1", "10.213.2.2"),
    )
    with ExitStack() as stack:
        for host in hosts:
            try:
                _ip("netns", "add", host.name)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"Network namespaces are not allowed here: {error.stderr.strip()}")
            stack.callback(_ip, "netns", "delete", host.name)
            _connect(host)
        yield hosts


def _connect(host: Host) -> None:
    peer = f"{host.name}-peer"
    _ip("link", "add", host.interface, "type", "veth", "peer", "name", peer, "netns", host.name)
    _ip("address", "add", f"{host.gateway}/24", "dev", host.interface)
    _ip("link", "set", host.interface, "up")
    _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", peer)
    _ip("-n", host.name, "link", "set", peer, "up")
    _ip("-n", host.name, "link", "set", "lo", "up")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class ReachablePostgres(Postgres):
    """A PostgreSQL that also listens for the hosts."""

    def prepare(self) -> Program:
        """Return the program with further addresses, once these may sign in."""
        program = super().prepare()
        data = Path(program.command[program.command.index("-D") + 1])
        with (data / "pg_hba.conf").open("a") as access:
            access.write("host all all 10.213.0.0/16 scram-sha-256\n")
        everywhere = [
            word.replace("listen_addresses=127.0.0.1", "listen_addresses=*")
            for word in program.command
        ]
        return replace(program, command=everywhere)


class ReachableValkey(Valkey):
    """A Valkey that also listens for the hosts."""

    def prepare(self) -> Program:
        """Return the program, once its configuration names all addresses."""
        program = super().prepare()
        configuration = self.folder / "valkey.conf"
        configuration.write_text(configuration.read_text().replace("bind 127.0.0.1", "bind *"))
        return program
