"""Put what was measured into the documents, between the marks of its command."""

import re
from pathlib import Path


def put(document: Path, mark: str, text: str) -> None:
    """Replace what is between `<!-- mark: begin -->` and `<!-- mark: end -->` in a document."""
    begin, end = (re.escape(f"<!-- {mark}: {side} -->") for side in ("begin", "end"))
    between = re.compile(f"({begin}\n).*({end})", re.DOTALL)
    before = document.read_text()
    assert between.search(before), f"{document} has no place for {mark}"
    document.write_text(between.sub(lambda match: f"{match[1]}{text}{match[2]}", before))
