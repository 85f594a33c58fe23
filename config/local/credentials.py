"""Make the first supervisor and operator of a local run, and keep their tokens in a file."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.local.client import Api
from config.local.errors import LocalError
from config.local.secrets_file import write_private
from config.local.stack import BASE_DIR, Stack

_SUPERVISOR_ID, _SUPERVISOR_NAME = 1, "Supervisor"
_OPERATOR_ID, _OPERATOR_NAME = 2, "Operator"
_OPERATORS = "/ops/support_ops/"


def write_credentials(stack: Stack) -> Path:
    """Write `credentials.json` for a running stack and return its path.

    Tokens in the file that still work are kept. Raises LocalError when none can be had.
    """
    path = stack.folder / "credentials.json"
    kept = _read(path)
    supervisor = kept.get("supervisor_token", "")
    if not _works(stack, supervisor):
        supervisor = _create_supervisor(stack)
    operator = kept.get("operator_token", "")
    if kept.get("operator_id") != _OPERATOR_ID or not _works(stack, operator):
        operator = _create_operator(stack.api(supervisor))
    credentials = {
        "base_url": stack.base_url,
        "webhook_secret": stack.env["WEBHOOK_SECRETS"].split(",")[0].strip(),
        "supervisor_token": supervisor,
        "operator_id": _OPERATOR_ID,
        "operator_token": operator,
    }
    write_private(path, json.dumps(credentials, indent=2) + "\n")
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _works(stack: Stack, token: object) -> bool:
    if not isinstance(token, str) or not token:
        return False
    return stack.api(token).call("GET", _OPERATORS).status == 200


def _create_supervisor(stack: Stack) -> str:
    """Return a token of the supervisor, who is made when there is none."""
    log = stack.logs / "supervisor.log"
    command = [sys.executable, "manage.py", "create_supervisor"]
    command += ["--operator-id", str(_SUPERVISOR_ID), "--name", _SUPERVISOR_NAME]
    done = subprocess.run(
        command,
        cwd=BASE_DIR,
        env=stack.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.split()
    if done.returncode or not lines:
        log.write_text(done.stderr)  # the output may hold a token, which no log may
        raise LocalError(f"The first supervisor cannot be made; the log is {log}.")
    return lines[-1]


def _create_operator(api: Api) -> str:
    operator = {"operator_id": _OPERATOR_ID, "operator_name": _OPERATOR_NAME}
    made = api.call("POST", _OPERATORS, operator)
    if made.status not in (201, 400, 409):  # with 400 or 409 there is one already
        raise LocalError(f"The first operator cannot be made: the API answers {made.status}.")
    issued = api.call("POST", f"{_OPERATORS}{_OPERATOR_ID}/tokens/")
    if issued.status != 201 or not issued.body:
        raise LocalError(f"No token for the operator: the API answers {issued.status}.")
    return str(issued.body["token"])
