"""The form of a hostile sample."""

from dataclasses import dataclass

# The host in samples that must never get a request.
CANARY = "canary.example"


@dataclass(frozen=True)
class Sample:
    """A hostile fragment, what the sanitizer leaves of it, and what it does unsanitized.

    `live` is what it does in today's Chromium: "script" when a script runs, "request" when it makes
    a request to the canary (by itself or when clicked), "style" when it leaves its place in the
    page, and "" when it works only in other browsers or programs, or something else prevents it.
    """

    name: str
    source: str
    left: str
    live: str = "script"

    def aimed_at(self, place: str) -> str:
        """Return the source with the canary at a place such as `127.0.0.1:8001/name`."""
        return self.source.replace(CANARY, place)
