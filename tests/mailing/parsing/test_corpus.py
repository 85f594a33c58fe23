"""Every leaf of real mails is found again by its hash."""

import hashlib
from pathlib import Path

import pytest

from mailing.parsing import body, headers, message, mime
from mailing.parsing.limits import Budget, Limits
from tests.paths import CORPUS

MAILS = sorted(path for path in CORPUS.rglob("*") if path.suffix == ".eml")


def bodies_of(raw: bytes) -> set[str]:
    """Return the hashes of the leaves that the text and the HTML are made of."""
    data = mime.normalise_line_ends(raw)
    fields, offset = headers.split(data)
    root = mime.node(fields, offset, len(data))
    mime.read(data, root, Budget(Limits()))
    used = body.choose(data, root, Budget(Limits())).used
    crlf = message._has_crlf(raw)
    return {hashlib.sha256(mime.payload(data, leaf, crlf=crlf)).hexdigest() for leaf in used}


@pytest.mark.skipif(not MAILS, reason="needs ../shared/corpus")
@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.name)
def test_every_leaf_is_body_or_file(path: Path) -> None:
    raw = path.read_bytes()

    mail, files = message.parse_with_files(raw)

    stored = {hashlib.sha256(b"".join(file.chunks())).hexdigest() for file in files}
    leaves = {hashlib.sha256(leaf.payload).hexdigest() for leaf in message.leaves(raw)}
    assert leaves - bodies_of(raw) <= stored
    assert (mail.problem, len(files) >= len(mail.parts)) == ("", True)
