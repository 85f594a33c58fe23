"""Hide mail addresses in texts that are logged or shown."""

import re

# The lengths are bounded, so that the time to search a text grows with its length only.
_ADDRESS = re.compile(r"[^\s<>\"'(),:;@\[\]]{1,64}@[^\s<>\"'(),:;@\[\]]{1,255}")


def mask_addresses(text: str) -> str:
    """Return the text with `…@…` in place of each mail address."""
    return _ADDRESS.sub("…@…", text) if "@" in text else text
