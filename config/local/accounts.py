"""Make the supervisor and the operator of a local run, in a process of its own with Django.

It reads the stored credentials as JSON from standard input, and writes those that work to standard
output, because other users can read command lines.
"""

import io
import json
import os
import secrets
import sys

import django
from django.core.management import CommandError, call_command
from rest_framework.exceptions import APIException, AuthenticationFailed

SUPERVISOR_ID, OPERATOR_ID = 1, 2


def main() -> None:
    """Read the stored credentials, and write those that work."""
    stored = json.load(sys.stdin)
    owns_database = sys.argv[1:] == ["--own-database"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        json.dump(complete(stored, owns_database=owns_database), sys.stdout)
    except (CommandError, APIException) as error:
        sys.exit(str(error))


def complete(stored: dict[str, str], *, owns_database: bool = True) -> dict[str, str]:
    """Return addresses, and tokens and passwords that work: the stored ones, or new ones.

    In a database that does not belong to the local run nobody's password is replaced: there an
    empty one is returned for an operator whose password is not the stored one.

    Makes both operators when they are missing. Raises `CommandError` when operator 1 is no active
    supervisor, and `OperatorInactive` when operator 2 is deactivated.
    """
    supervisor_token = stored.get("supervisor_token", "")
    if not _is_token_of(SUPERVISOR_ID, supervisor_token):
        output = io.StringIO()
        call_command("create_supervisor", "--operator-id", str(SUPERVISOR_ID), stdout=output)
        supervisor_token = output.getvalue().strip()
    operator_token = stored.get("operator_token", "")
    if not _is_token_of(OPERATOR_ID, operator_token):
        operator_token = _issue_operator_token()
    return {
        "supervisor_email": _address(SUPERVISOR_ID),
        "supervisor_password": _working_password(
            SUPERVISOR_ID, stored.get("supervisor_password", ""), may_replace=owns_database
        ),
        "supervisor_token": supervisor_token,
        "operator_email": _address(OPERATOR_ID),
        "operator_password": _working_password(
            OPERATOR_ID, stored.get("operator_password", ""), may_replace=owns_database
        ),
        "operator_token": operator_token,
    }


# The imports in these functions need django.setup().


def _is_token_of(operator_id: int, token: str) -> bool:
    from operators.authentication import OperatorAuthentication

    try:
        operator, _row = OperatorAuthentication().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return False
    return operator.pk == operator_id


def _issue_operator_token() -> str:
    from operators import services
    from operators.models import Operator

    operator = Operator.objects.filter(pk=OPERATOR_ID).first()
    operator = operator or services.add_operator(operator_id=OPERATOR_ID, name="Operator")
    return services.issue_token(operator=operator)[1]


def _address(operator_id: int) -> str:
    from operators.models import Operator

    return Operator.objects.get(pk=operator_id).email


def _working_password(operator_id: int, stored: str, *, may_replace: bool) -> str:
    from operators.models import Operator

    operator = Operator.objects.get(pk=operator_id)
    if operator.check_password(stored):
        return stored
    if operator.has_usable_password() and not may_replace:
        return ""
    password = secrets.token_urlsafe(16)
    operator.set_password(password)
    operator.save(update_fields=["password"])
    return password


if __name__ == "__main__":
    main()
