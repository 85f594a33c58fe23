"""Run `manage.py` commands with the settings of the local run."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.environment import Environment
from config.local.errors import LocalError
from config.local.processes.supervisor import Supervisor
from config.local.run import RUNNING_SETTINGS, configured_settings, exclusive_lock
from config.local.stack import BASE_DIR, build

_LOCAL = BASE_DIR / ".local"


def manage(command: Sequence[str], folder: Path = _LOCAL) -> int:
    """Run a management command and return its exit status.

    Without a running `make run` only PostgreSQL is started for the command.
    """
    path = folder / RUNNING_SETTINGS
    if path.is_file() and _is_running(folder):
        return _call(command, json.loads(path.read_text()))
    with exclusive_lock(folder / "run.lock", f"manage.py {command[0]}"):
        configured = configured_settings(Environment(BASE_DIR / ".env"))
        stack = build(folder, port=None, configured=configured)
        supervisor = Supervisor(
            [part for part in stack.parts if part.name == "postgres"], say=lambda _line: None
        )
        try:
            supervisor.start()
            return _call(command, stack.settings)
        finally:
            supervisor.stop()


def _is_running(folder: Path) -> bool:
    try:
        with exclusive_lock(folder / "run.lock", "a check"):
            return False
    except LocalError:
        return True


def _call(command: Sequence[str], settings: Mapping[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), *command],
        env={**os.environ, **settings},
        check=False,
    )
    return done.returncode
