"""Paths of the files that tests read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Sample mails, one file for each behaviour.
MAIL = ROOT / "tests" / "mailing" / "mail"
# HTML as mail programs write it.
HTML = ROOT / "tests" / "tickets" / "html" / "pages"
CERTIFICATE = ROOT / "tests" / "certificates" / "loopback.pem"
# Real mail beside the project; the tests of it are skipped where it is missing.
CORPUS = ROOT.parent / "shared" / "corpus"
