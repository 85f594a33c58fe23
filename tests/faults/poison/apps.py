"""Make workers die, hang or fail when they parse certain mails, which the subjects name.

Only processes that are started with `tests.faults.poison.settings` do so.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from typing import Any

from django.apps import AppConfig


class Poison(AppConfig):
    """Wraps the parser when Django starts."""

    name = "tests.faults.poison"
    label = "poison"

    def ready(self) -> None:
        from mailing.inbound import outcomes
        from mailing.parsing import message

        # A failed try is repeated after a second instead of five, to save time.
        outcomes.RETRY_AFTER = timedelta(seconds=1)

        parse = message.parse_with_files

        def poisoned(raw: Any, *args: Any, **kwargs: Any) -> Any:
            for word, effect in _EFFECTS.items():
                if f"Subject: {word}".encode() in bytes(raw[:200]):
                    effect()
            return parse(raw, *args, **kwargs)

        message.parse_with_files = poisoned


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang() -> None:
    while True:
        time.sleep(1)


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(16 * 1024 * 1024))


def _nibble() -> None:
    eaten: list[Any] = []
    while True:
        eaten = [eaten, bytes(4096)]  # small pieces, so that nothing is left for the handler


def _fail() -> None:
    raise ZeroDivisionError("poison")


def _exit() -> None:
    sys.exit(0)


_EFFECTS = {
    "kill": _kill,
    "hang": _hang,
    "eat": _eat,
    "nibble": _nibble,
    "raise": _fail,
    "exit": _exit,
}
