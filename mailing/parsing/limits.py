"""Limits for the parsing of a message; a message beyond a limit is kept raw and quarantined."""

from __future__ import annotations

import time
from dataclasses import dataclass

# The size of a message's own header block: more than twice what Postfix accepts by default
# (header_size_limit, https://www.postfix.org/postconf.5.html).
HEADER_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one message.

    message_bytes: size of the whole message; Gmail accepts at most 50 MB.
    parts: MIME parts of all kinds, multiparts included.
    depth: multiparts within multiparts, which bounds the recursion over the structure.
    seconds: processor time, checked between parts; sizes bound what happens within a part.
    """

    message_bytes: int = 50_000_000
    parts: int = 1_000
    depth: int = 30
    seconds: float = 10.0


class LimitExceeded(Exception):
    """A message is beyond a limit; str() is the reason."""


@dataclass(slots=True)
class Budget:
    """What a message has used up of its limits so far."""

    limits: Limits
    parts: int = 0
    deadline: float = 0.0
    html_characters: int = 0

    def __post_init__(self) -> None:
        self.deadline = time.process_time() + self.limits.seconds

    def check_time(self) -> None:
        """Raise `LimitExceeded` once the processor time is used up."""
        if time.process_time() > self.deadline:
            raise LimitExceeded(f"parsing took more than {self.limits.seconds:g} seconds")

    def take_part(self, depth: int) -> None:
        """Count a part; raise `LimitExceeded` when there are too many or it is nested too deep."""
        self.parts += 1
        self.check_time()
        if self.parts > self.limits.parts:
            raise LimitExceeded(f"more than {self.limits.parts} parts")
        if depth > self.limits.depth:
            raise LimitExceeded(f"parts nested deeper than {self.limits.depth}")
