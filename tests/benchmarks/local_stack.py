"""Run a durable ServiceDesk of its own for a row of the benchmark table, whole or in part."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2

from config.local.processes.ports import HOST
from config.local.processes.process import Process, Program
from config.local.processes.supervisor import Supervisor
from config.local.stack import BASE_DIR, Stack, build

SETTINGS = {
    "SUPPORT_ADDRESS": "desk@servicedesk.example",
    "HTTPS": "false",
    "ALLOWED_HOSTS": "127.0.0.1",
}
FLOORS = BASE_DIR / "tests" / "benchmarks" / "floors"
# For programs that run in that folder.
BARE = {"DJANGO_SETTINGS_MODULE": "bare_settings"}
_START_SECONDS = 60


@contextmanager
def running_stack(*parts: str) -> Iterator[tuple[Stack, Supervisor]]:
    """Run the named parts until the end of the block, all of them if none is named."""
    folder = Path(tempfile.mkdtemp(prefix="servicedesk-bench-"))
    stack = build(folder, port=None, configured=SETTINGS)
    if parts:
        stack = replace(stack, parts=[part for part in stack.parts if part.name in parts])
    supervisor = Supervisor(stack.parts, say=lambda line: None)
    try:
        supervisor.start()
        yield stack, supervisor
    finally:
        supervisor.stop()
        if stack.postgres:
            stack.postgres.discard()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_program(program: Program, is_ready: Callable[[], bool]) -> Iterator[Process]:
    """Run a program until the end of the block, from when it is ready."""
    process = Process(program)
    process.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not is_ready():
            assert process.exit_status() is None, program.log.read_text()
            assert time.monotonic() < deadline, program.log.read_text()
            time.sleep(0.05)
        yield process
    finally:
        process.stop()


@contextmanager
def bare_worker(stack: Stack, pool: str = "prefork") -> Iterator[Process]:
    """Run a worker of the bare Celery application beside a stack, with the stack's broker."""
    name = f"bare-{pool}"
    options = [
        "-n",
        f"{name}@%h",
        "-Q",
        "bare",
        "-P",
        pool,
        "-c",
        "2" if pool == "prefork" else "4",
    ]
    options += ["--loglevel", "info", "--without-mingle", "--without-gossip"]
    program = Program(
        name=name,
        command=[sys.executable, "-m", "celery", "-A", "bare_celery", "worker", *options],
        log=stack.logs / f"{name}.log",
        env={**stack.env, **BARE},
        cwd=FLOORS,
    )
    with running_program(program, lambda: " ready." in program.log.read_text()) as process:
        yield process


def query(stack: Stack, sql: str) -> list[Any]:
    """Run a statement in a stack's database and return its rows, if it has any."""
    connection = psycopg2.connect(
        host=HOST,
        port=stack.settings["POSTGRES_PORT"],
        user=stack.settings["POSTGRES_USER"],
        password=stack.settings["POSTGRES_PASSWORD"],
        dbname=stack.settings["POSTGRES_DB"],
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
