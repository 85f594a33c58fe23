"""Give the local run's supervisor a token and a password, in a process of its own with Django.

It reads the stored ones as JSON from standard input, and writes those that work to standard output,
because other users can read command lines.
"""

import io
import json
import os
import secrets
import sys

import django
from django.core.management import CommandError, call_command

SUPERVISOR_ID = 1


def main() -> None:
    """Read the stored token and password, and write those that work."""
    stored = json.load(sys.stdin)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        json.dump(complete(**stored), sys.stdout)
    except CommandError as error:
        sys.exit(str(error))


def complete(*, token: str, password: str) -> dict[str, str]:
    """Return a token and a password that work for operator 1, a supervisor made when missing.

    An empty token, and an empty or wrong password, are replaced by new ones. Raises `CommandError`
    when operator 1 is no active supervisor.
    """
    token = token or _issue_token()
    return {"token": token, "password": _working_password(password)}


def _issue_token() -> str:
    token = io.StringIO()
    call_command("create_supervisor", "--operator-id", str(SUPERVISOR_ID), stdout=token)
    return token.getvalue().strip()


def _working_password(stored: str) -> str:
    from operators.models import Operator  # after django.setup()

    supervisor = Operator.objects.get(pk=SUPERVISOR_ID)
    if stored and supervisor.check_password(stored):
        return stored
    password = secrets.token_urlsafe(16)
    supervisor.set_password(password)
    supervisor.save(update_fields=["password"])
    return password


if __name__ == "__main__":
    main()
