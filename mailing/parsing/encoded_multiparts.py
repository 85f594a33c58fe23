"""Read multiparts that are in base64 as a whole, which RFC 2045, 6.4 forbids and SAP writes."""

from __future__ import annotations

from dataclasses import replace

from mailing.parsing import mime, structure
from mailing.parsing.limits import Budget
from mailing.parsing.mime import MimePart

# Each copies the bytes of the message.
_ENCODED_MULTIPARTS = 5


def open_encoded_multiparts(data: bytes, root: MimePart, budget: Budget) -> bytes:
    """Give each such multipart its parts; return the bytes with the decoded ones behind them.

    Raises LimitExceeded.
    """
    encoded = [
        leaf
        for leaf in mime.iter_leaves(root)
        if leaf.type.startswith("multipart/") and leaf.encoding == "base64"
    ]
    for part in encoded[:_ENCODED_MULTIPARTS]:
        budget.check_time()
        content = mime.normalize_line_ends(mime.decode_content(data, part))
        inner = replace(part, start=len(data) + 1, encoding="")
        data = b"\n".join((data, content))
        inner.end = len(data)
        structure.parse_parts(data, inner, budget)
        part.children = inner.children
    return data
