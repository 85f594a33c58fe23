"""The secrets of a local run: drawn once, and kept in a file that only its owner can read."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from config.local.errors import LocalError


@dataclass(frozen=True, repr=False)
class Secrets:
    """Secrets for a run that has none configured."""

    secret_key: str
    webhook_secret: str
    postgres_password: str
    valkey_password: str


def load_secrets(path: Path) -> Secrets:
    """Return the secrets in the file; without a file, write one with new secrets.

    Raises LocalError when the file cannot be read.
    """
    try:
        return Secrets(**json.loads(path.read_text()))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, TypeError) as error:
        raise LocalError(
            f"{path} cannot be read; with it removed, a new one is made, but the database in "
            "that folder keeps its old password and must go, too."
        ) from error
    drawn = Secrets(
        secret_key=secrets.token_urlsafe(48),
        webhook_secret="whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        postgres_password=secrets.token_urlsafe(24),
        valkey_password=secrets.token_urlsafe(24),
    )
    write_private(path, json.dumps(asdict(drawn), indent=2) + "\n")
    return drawn


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically, with mode 600; raise LocalError when that fails."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise LocalError(f"{path} cannot be written: {error.strerror}.") from error
