"""Give the local run's supervisor a token and a password; a process of its own, with Django.

It reads what is kept as JSON from its standard input, and writes what works now to its standard
output: neither is seen in a list of processes.
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
    """Pass what is kept to `complete`, and what it returns back."""
    kept = json.load(sys.stdin)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        json.dump(complete(**kept), sys.stdout)
    except CommandError as error:
        sys.exit(str(error))


def complete(*, token: str, password: str) -> dict[str, str]:
    """Return a token and a password of the supervisor, who is made when there is none.

    Without a token a new one is issued. A password that does not work, or none, is replaced by a
    new one, which is set. Raises `CommandError` when operator 1 is no active supervisor.
    """
    token = token or _issue_token()
    return {"token": token, "password": _working_password(password)}


def _issue_token() -> str:
    token = io.StringIO()
    call_command("create_supervisor", "--operator-id", str(SUPERVISOR_ID), stdout=token)
    return token.getvalue().strip()


def _working_password(kept: str) -> str:
    from operators.models import Operator  # after django.setup()

    supervisor = Operator.objects.get(pk=SUPERVISOR_ID)
    if kept and supervisor.check_password(kept):
        return kept
    password = secrets.token_urlsafe(16)
    supervisor.set_password(password)
    supervisor.save(update_fields=["password"])
    return password


if __name__ == "__main__":
    main()
