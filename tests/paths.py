"""Where the tests' files lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Mail of our own, one file for each behaviour.
MAIL = ROOT / "tests" / "mailing" / "mail"
# HTML of mail programs.
HTML = ROOT / "tests" / "tickets" / "html" / "pages"
CERTIFICATE = ROOT / "tests" / "certificates" / "loopback.pem"
# Real mail, which may lie beside the project; tests that use it skip where it does not.
CORPUS = ROOT.parent / "shared" / "corpus"
