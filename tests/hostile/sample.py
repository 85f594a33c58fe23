"""What one hostile sample is."""

from dataclasses import dataclass

# Stands in a sample for the host that must never be asked.
CANARY = "canary.example"


@dataclass(frozen=True)
class Sample:
    """A hostile fragment, what is left of it, and what it does in today's Chromium as it came.

    `live` is "script" when it runs, "request" when it asks the canary (on its own or clicked at),
    "style" when it leaves its place in the page, and "" when only other browsers or programs fall
    for it, or another wall stands before it.
    """

    name: str
    source: str
    left: str
    live: str = "script"

    def aimed_at(self, place: str) -> str:
        """Return the sample with the canary at a place such as `127.0.0.1:8001/name`."""
        return self.source.replace(CANARY, place)
