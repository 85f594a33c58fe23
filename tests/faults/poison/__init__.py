"""Mail that is poison to the process that reads it: the workers of a test take it as such.

A process started with `tests.faults.poison.settings` does at its parser what the subject says.
"""

import os
import signal
import sys
import time
from typing import Any

from django.apps import AppConfig


class Poison(AppConfig):
    name = "tests.faults.poison"
    label = "poison"

    def ready(self) -> None:
        from mailing.parsing import message

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
        eaten = [eaten, bytes(4096)]  # to the last kilobytes


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
