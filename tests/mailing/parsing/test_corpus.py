"""Parse mail that nobody here wrote. It lies beside the project; without it these tests skip."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mailing.parsing import body, headers, mime, structure
from mailing.parsing.limits import Budget, Limits
from mailing.parsing.message import parse, parse_with_files
from mailing.parsing.mime import MimePart
from tests.paths import CORPUS

MAILS = sorted(path for path in CORPUS.rglob("*") if path.suffix == ".eml")
pytestmark = pytest.mark.skipif(not MAILS, reason=f"no mail to try on at {CORPUS}")


def leaves_apart_from_body(data: bytes) -> list[MimePart]:
    fields, offset = headers.parse_fields(data)
    root = mime.describe_part(fields, offset, len(data))
    structure.parse_parts(data, root, Budget(Limits()))
    body_leaves = body.choose_body(data, root, Budget(Limits())).leaves
    return [
        leaf
        for leaf in mime.iter_leaves(root)
        if not any(leaf is body_leaf for body_leaf in body_leaves)
    ]


def sha256(chunks: list[bytes]) -> str:
    return hashlib.sha256(b"".join(chunks)).hexdigest()


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.name)
def test_every_leaf_is_body_or_file(path: Path) -> None:
    raw = path.read_bytes()
    data, had_crlf = mime.join_pieces([raw])
    leaves = leaves_apart_from_body(data)

    mail, files = parse_with_files(raw)

    stored = {sha256(list(file.chunks())) for file in files}
    assert {
        sha256(list(mime.iter_content(data, leaf, had_crlf=had_crlf))) for leaf in leaves
    } <= stored
    assert len(files) >= len(leaves)
    assert mail.problem == ""


def test_no_mail_exceeds_a_limit() -> None:
    problems = {
        path.stem: mail.problem
        for path in sorted((CORPUS / "mime").glob("*.eml"))
        if (mail := parse(path.read_bytes())).problem
    }

    assert problems == {}


def test_replies_in_many_languages_are_read_without_damage() -> None:
    damaged = []
    for path in sorted((CORPUS / "quotes").glob("*.email.txt")):
        text = path.read_text("utf-8")
        mail = parse(b"From: a@b.example\n\n" + text.encode())
        if mail.text.strip() != text.strip().replace("\r\n", "\n"):
            damaged.append(path.name)

    assert damaged == []
