"""Run a durable ServiceDesk of its own for a row of the benchmark table, whole or in part."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from config.local.processes.process import Process, Program
from config.local.processes.supervisor import Supervisor
from config.local.stack import Stack, build

SETTINGS = {"SUPPORT_ADDRESS": "desk@x.example", "HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1"}
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
