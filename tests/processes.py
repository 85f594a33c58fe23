"""Start real web servers, Celery workers and beats for a test, and stop them with it."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from django.db import connection

from config.local.processes.ports import HOST, free_ports, is_listening
from config.local.processes.process import Process, Program
from tests.paths import ROOT

T = TypeVar("T")

_START_SECONDS = 60
# An idle worker with processes takes five seconds to end in good order.
_GRACE_SECONDS = 1


def environment(**changes: str) -> dict[str, str]:
    """Return the environment variables of a process that uses the test database."""
    database = str(connection.settings_dict["NAME"])
    return {**os.environ, "POSTGRES_DB": database, "PYTHONUNBUFFERED": "1", **changes}


def wait_until(met: Callable[[], T], *, seconds: float = 30, hint: object = "") -> T:
    """Return the first true value of a condition; fail if there is none in so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        if value := met():
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {hint or met}"
        time.sleep(0.02)


@contextmanager
def running(
    name: str, *arguments: str, folder: Path, env: dict[str, str], ready: str = ""
) -> Iterator[Process]:
    """Run `python -m …` until the end of the block, from when its log says `ready`."""
    program = Program(
        name=name,
        command=[sys.executable, "-m", *arguments],
        log=folder / f"{name}.log",
        env=env,
        cwd=ROOT,
    )
    process = Process(program)
    process.start()
    try:
        if ready:
            wait_until(
                lambda: ready in program.log.read_text() or process.exit_status() is not None,
                seconds=_START_SECONDS,
                hint=process.last_log_line(),
            )
            assert process.exit_status() is None, program.log.read_text()
        yield process
    finally:
        process.stop(_GRACE_SECONDS)


@contextmanager
def worker(
    queue: str, *, folder: Path, env: dict[str, str], name: str = "", pool: str = "", size: int = 2
) -> Iterator[Process]:
    """Run a worker of one queue with the pool that it has in a real run."""
    name = name or queue
    pool = pool or {"inbox": "prefork", "outbox": "threads"}[queue]
    options = ["-n", f"{name}-{os.getpid()}@%h", "-Q", queue, "-P", pool, "-c", str(size)]
    options += ["--loglevel", "info", "--without-mingle", "--without-gossip"]
    with running(
        name, "celery", "-A", "config", "worker", *options, folder=folder, env=env, ready=" ready."
    ) as process:
        yield process


@contextmanager
def beat(*, folder: Path, env: dict[str, str], name: str = "beat") -> Iterator[Process]:
    """Run a beat."""
    options = ["--pidfile=", "--loglevel", "info"]
    with running(
        name,
        *("celery", "-A", "config", "beat", *options),
        folder=folder,
        env=env,
        ready="beat: Starting",
    ) as process:
        yield process


@contextmanager
def web(*, folder: Path, env: dict[str, str]) -> Iterator[str]:
    """Run the web server and yield its address."""
    (port,) = free_ports(1)
    options = ["--bind", f"{HOST}:{port}", "--workers", "2", "--no-control-socket"]
    with running("web", "gunicorn", "config.wsgi", *options, folder=folder, env=env):
        wait_until(lambda: is_listening(port), seconds=_START_SECONDS)
        yield f"http://{HOST}:{port}"


def kill(process: Process) -> None:
    """Kill a process and its children at once, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    wait_until(lambda: process.exit_status() is not None)


def log_of(process: Process) -> str:
    return process.program.log.read_text()
