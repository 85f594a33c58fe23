"""Make the first supervisor and operator of a local run, and keep their credentials in a file."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.local.client import Api
from config.local.errors import LocalError
from config.local.secrets_file import write_private
from config.local.stack import BASE_DIR, Stack
from config.local.supervisor_account import SUPERVISOR_ID

_OPERATOR_ID, _OPERATOR_NAME = 2, "Operator"
_OPERATORS = "/ops/support_ops/"


def write_credentials(stack: Stack) -> Path:
    """Write `credentials.json` for a running stack and return its path.

    Tokens and the supervisor's password are kept as long as they work. A password that was changed
    elsewhere is replaced by a new one, so that the file is correct after every start. Operator 1
    belongs to the local run; add another supervisor for a password of your own.

    Raises LocalError when the accounts cannot be made.
    """
    path = stack.folder / "credentials.json"
    stored = _read(path)
    token = stored.get("supervisor_token", "")
    supervisor = _supervisor_account(
        stack,
        token=token if _works(stack, token) else "",
        password=str(stored.get("supervisor_password") or ""),
    )
    operator = stored.get("operator_token", "")
    if stored.get("operator_id") != _OPERATOR_ID or not _works(stack, operator):
        operator = _create_operator(stack.api(supervisor["token"]))
    credentials = {
        "base_url": stack.base_url,
        "webhook_secret": stack.env["WEBHOOK_SECRETS"].split(",")[0].strip(),
        "supervisor_id": SUPERVISOR_ID,
        "supervisor_password": supervisor["password"],
        "supervisor_token": supervisor["token"],
        "operator_id": _OPERATOR_ID,
        "operator_token": operator,
    }
    write_private(path, json.dumps(credentials, indent=2) + "\n")
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _works(stack: Stack, token: object) -> bool:
    if not isinstance(token, str) or not token:
        return False
    return stack.api(token).call("GET", _OPERATORS).status == 200


def _supervisor_account(stack: Stack, *, token: str, password: str) -> dict[str, str]:
    """Return a token and a password of the supervisor that work: those given, or new ones."""
    log = stack.logs / "supervisor.log"
    done = subprocess.run(
        [sys.executable, "-m", "config.local.supervisor_account"],
        cwd=BASE_DIR,
        env=stack.env,
        input=json.dumps({"token": token, "password": password}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        log.write_text(done.stderr)  # the output may hold a token, which no log may
        raise LocalError(f"The first supervisor cannot be made; the log is {log}.")
    account: dict[str, str] = json.loads(done.stdout)
    return account


def _create_operator(api: Api) -> str:
    operator = {"operator_id": _OPERATOR_ID, "operator_name": _OPERATOR_NAME}
    made = api.call("POST", _OPERATORS, operator)
    if made.status not in (201, 400, 409):  # with 400 or 409 there is one already
        raise LocalError(f"The first operator cannot be made: the API answers {made.status}.")
    issued = api.call("POST", f"{_OPERATORS}{_OPERATOR_ID}/tokens/")
    if issued.status != 201 or not issued.body:
        raise LocalError(f"No token for the operator: the API answers {issued.status}.")
    return str(issued.body["token"])
