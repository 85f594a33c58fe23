"""A bug that quotes the mail which it stumbles over."""

from typing import Any

from django.apps import AppConfig


class Failing(AppConfig):
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
