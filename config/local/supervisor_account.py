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
    """Make the supervisor when there is none; issue a token, and set a password, where needed."""
    kept = json.load(sys.stdin)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        token = kept["token"] or _issue_token()
    except CommandError as error:
        sys.exit(str(error))
    json.dump({"token": token, "password": _working_password(kept["password"])}, sys.stdout)


def _issue_token() -> str:
    token = io.StringIO()
    call_command("create_supervisor", "--operator-id", str(SUPERVISOR_ID), stdout=token)
    return token.getvalue().strip()


def _working_password(kept: str) -> str:
    """Return the kept password when it opens the admin, else a new one, which is set."""
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
