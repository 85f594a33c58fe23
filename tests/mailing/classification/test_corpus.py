"""Mail that nobody here wrote. It lies beside the project; without it these tests are skipped."""

from __future__ import annotations

import pytest

from mailing.classification.rules import DeskIdentity, Verdict, classify
from mailing.kinds import MailKind
from mailing.parsing.message import parse
from tests.paths import CORPUS

DESK = DeskIdentity(("support@desk.example",), lambda _id: False, lambda _mail: "")
# Files in mime/ that are delivery reports, auto-replies and complaints.
REPORTS = ("flanker-bounce", "flanker-complaints", "flanker-disposition", "mail_malformed_2")
# Not mail at all: an Outlook .msg file, and excerpts without any sender.
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no mail to try on at {CORPUS}")


def verdicts(folder: str) -> dict[str, Verdict]:
    return {
        path.stem: classify(parse(path.read_bytes()), DESK)
        for path in sorted((CORPUS / folder).glob("*.eml"))
    }


def test_every_report_is_known_for_what_it_is() -> None:
    found = verdicts("bounce")

    wrong = {name: verdict for name, verdict in found.items() if verdict.kind != _kind(name)}
    assert len(found) == 80
    assert wrong == {}


def _kind(name: str) -> MailKind:
    if name.startswith("arf"):
        return MailKind.COMPLAINT
    return MailKind.AUTO_REPLY if name.startswith("rfc3834") else MailKind.BOUNCE


def test_no_ordinary_mail_is_a_bounce_or_a_complaint() -> None:
    found = verdicts("mime")

    ordinary = {name: v for name, v in found.items() if not name.startswith(REPORTS)}
    taken = {n: v for n, v in ordinary.items() if v.kind in (MailKind.BOUNCE, MailKind.COMPLAINT)}
    assert len(ordinary) > 50
    assert taken == {}


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
