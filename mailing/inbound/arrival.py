"""A message of a webhook call before it is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import BinaryIO

from django.utils import timezone

from mailing.models import InboundEmail

Source = InboundEmail.Source


@dataclass(repr=False)
class Arrival:
    """A message of a webhook call: what to store of it, or in `error` why it is rejected."""

    id: str
    source: Source = Source.GMAIL
    internal_date: datetime = field(default_factory=timezone.now)
    thread_id: str = ""
    raw: bytes = b""
    # The whole of a large mail; `raw` then has its first megabyte.
    spool: BinaryIO | None = None
    size: int = 0
    oversize: bool = False
    error: str = ""

    @cached_property
    def key(self) -> tuple[str, str]:
        """The source and id under which a mail is stored once."""
        return self.source.value, self.id
