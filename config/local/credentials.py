"""Keep the credentials of a local run in a file that only its owner can read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.local.accounts import OPERATOR_ID, SUPERVISOR_ID
from config.local.errors import LocalError
from config.local.secrets_file import write_private
from config.local.stack import BASE_DIR, Stack


def write_credentials(stack: Stack) -> Path:
    """Write `credentials.json` for a stack whose database is ready, and return its path.

    Tokens and passwords are kept as long as they work. In the local run's own database a password
    that was changed elsewhere is replaced by a new one, so that the file is correct after every
    start: add another supervisor for a password of your own. In a configured database it stays, and
    `supervisor_password` or `operator_password` is empty.

    Raises LocalError when the accounts cannot be made.
    """
    path = stack.folder / "credentials.json"
    credentials = {
        "base_url": stack.base_url,
        "desk_url": f"{stack.base_url}/desk/",
        "webhook_secret": stack.env["WEBHOOK_SECRETS"].split(",")[0].strip(),
        "supervisor_id": SUPERVISOR_ID,
        "operator_id": OPERATOR_ID,
        **_complete_accounts(stack, _read(path)),
    }
    write_private(path, json.dumps(credentials, indent=2) + "\n")
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _complete_accounts(stack: Stack, stored: dict[str, Any]) -> dict[str, str]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "config.local.accounts"),
            *(["--own-database"] if stack.postgres else []),
        ],
        cwd=BASE_DIR,
        env=stack.env,
        input=json.dumps(stored),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        log = stack.logs / "accounts.log"
        log.write_text(done.stderr)  # the output may hold a token, which no log may
        raise LocalError(f"The accounts of the local run cannot be made; the log is {log}.")
    completed: dict[str, str] = json.loads(done.stdout)
    return completed
