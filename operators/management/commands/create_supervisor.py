"""`manage.py create_supervisor`: make a supervisor, or issue a token to an existing one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operators import services
from operators.models import MAX_NAME_CHARACTERS, MAX_OPERATOR_ID, Operator


class Command(BaseCommand):
    help = (
        "Make an operator with a supervisor's rights and print its API token, which is shown this "
        "once; an existing supervisor gets another token. For the Django admin set a password "
        "with `manage.py changepassword ID`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--operator-id", type=int, default=1)
        parser.add_argument("--name", default="Supervisor")

    def handle(self, *args: Any, **options: Any) -> None:
        operator_id = options["operator_id"]
        if not 1 <= operator_id <= MAX_OPERATOR_ID:
            raise CommandError(f"--operator-id must be from 1 to {MAX_OPERATOR_ID}.")
        name = options["name"].strip()
        if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
            raise CommandError(f"--name must have 1 to {MAX_NAME_CHARACTERS} characters.")
        operator = Operator.objects.filter(pk=operator_id).first()
        if operator is None:
            operator = services.add_operator(operator_id=operator_id, name=name, is_supervisor=True)
        elif not (operator.is_supervisor and operator.is_active):
            raise CommandError(f"Operator {operator_id} exists and is no active supervisor.")
        self.stderr.write(f"Operator {operator_id} is a supervisor. Its token, shown this once:")
        self.stdout.write(services.issue_token(operator=operator)[1])
