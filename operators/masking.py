"""Take what names a person out of a text that is shown or logged where it has no business."""

import re

# Bounded, so that no text takes longer than its length deserves.
_ADDRESS = re.compile(r"[^\s<>\"'(),:;@\[\]]{1,64}@[^\s<>\"'(),:;@\[\]]{1,255}")


def masked(text: str) -> str:
    """Return the text with `…@…` for each mail address in it."""
    return _ADDRESS.sub("…@…", text)
