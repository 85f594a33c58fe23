"""Classify mail that nobody here wrote. It lies beside the project; without it these tests skip."""

from __future__ import annotations

import pytest

from mailing.classification.examination import DeskIdentity
from mailing.classification.rules import Verdict, classify
from mailing.kinds import MailKind
from mailing.parsing.message import parse
from tests.paths import CORPUS

DESK = DeskIdentity(("support@desk.example",), lambda _id: False, lambda _mail: "")
# Files in mime/ that are delivery reports, auto-replies and complaints.
REPORTS = ("flanker-bounce", "flanker-complaints", "flanker-disposition", "mail_malformed_2")
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no mail to try on at {CORPUS}")


def verdicts(folder: str) -> dict[str, Verdict]:
    return {
        path.stem: classify(parse(path.read_bytes()), DESK)
        for path in sorted((CORPUS / folder).glob("*.eml"))
    }


def test_every_report_gets_its_kind_with_proof() -> None:
    reports = verdicts("bounce")

    wrong = {name: v.kind for name, v in reports.items() if v.kind != expected_kind(name)}
    assert len(reports) == 80
    assert wrong == {}
    assert [name for name, v in reports.items() if not v.is_proven] == []


def expected_kind(name: str) -> MailKind:
    if name.startswith("arf"):
        return MailKind.COMPLAINT
    return MailKind.AUTO_REPLY if name.startswith("rfc3834") else MailKind.BOUNCE


def test_no_ordinary_mail_is_a_bounce_or_a_complaint() -> None:
    ordinary = {n: v for n, v in verdicts("mime").items() if not n.startswith(REPORTS)}

    wrong = {
        n: v.kind for n, v in ordinary.items() if v.kind in (MailKind.BOUNCE, MailKind.COMPLAINT)
    }
    assert len(ordinary) > 50
    assert wrong == {}
