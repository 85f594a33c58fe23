"""Make workers fail at certain mails with an error that quotes the mail, as a bug might."""

from typing import Any

from django.apps import AppConfig


class Failing(AppConfig):
    """Wraps the parser when Django starts."""

    name = "tests.security"
    label = "failing"

    def ready(self) -> None:
        from mailing.parsing import message

        parse = message.parse_with_files

        def failing(raw: Any, *args: Any, **kwargs: Any) -> Any:
            if bytes(raw[:6]) == b"X-Fail":
                raise ValueError(f"cannot read {bytes(raw)!r}")
            return parse(raw, *args, **kwargs)

        message.parse_with_files = failing
