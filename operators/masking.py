"""Hide mail addresses in texts that are logged or shown."""

import re

# The lengths are bounded, so that the time to search a text grows with its length only.
_ADDRESS = re.compile(r"[^\s<>\"'(),:;@\[\]]{1,64}@[^\s<>\"'(),:;@\[\]]{1,255}")


def mask_addresses(text: str) -> str:
    """Return the text with `…@…` in place of each mail address."""
    return _ADDRESS.sub("…@…", text)


def abbreviated(address: str) -> str:
    """Return `i…@example.com`: enough to tell two people apart, too little to write to one."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if local else "…" if address else ""
