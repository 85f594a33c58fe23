"""The commands of README and docs/api.md do what they say, on a service that runs."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.local.credentials import write_credentials
from config.local.processes.supervisor import Supervisor
from config.local.stack import build
from tests.paths import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

# `make run` is not a step of these: the service runs already.
DOCUMENTS = ("README.md", "docs/api.md")
# Records the status of each call. Where a document waits for a worker, waits until the inbox is
# empty, because a busy machine may take longer.
PRELUDE = """
set -eu
curl() {
  printf '%s ' "$PLACE" >> statuses
  command curl "$@" -w '%{stderr}%{http_code}\\n' 2>> statuses
}
sleep() {
  command sleep "$1"
  until command curl -s -H "$WAITING_AUTH" "$BASE/mail/inbox/?state=received" |
    grep -q '"results":\\[\\]'
  do command sleep 0.2
  done
}
"""


def blocks(document: str) -> dict[str, str]:
    """Return the blocks of a document that call the service or set variables, by their place."""
    text = (ROOT / document).read_text()
    found = {}
    for block in re.finditer(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        line = text[: block.start()].count("\n") + 2
        if re.search(r"\bcurl\b|credential", block[1]):
            found[f"{document}:{line}"] = block[1]
    return found


def statuses_of(folder: Path) -> list[tuple[str, int]]:
    """Return the place and the status of each call that was made."""
    lines = (folder / "statuses").read_text().splitlines()
    return [(place, int(status)) for place, status in (line.split() for line in lines)]


def test_each_curl_line_is_answered_as_the_document_says(tmp_path: Path) -> None:
    steps = {place: block for document in DOCUMENTS for place, block in blocks(document).items()}
    script = "".join(f"PLACE={place}\n{block}\n" for place, block in steps.items())
    stack = build(tmp_path / ".local", port=None, configured={"HTTPS": "false"})
    supervisor = Supervisor(stack.parts, say=lambda _line: None)
    try:
        supervisor.start()
        credentials = json.loads(write_credentials(stack).read_text())
        done = subprocess.run(
            ["sh", "-c", PRELUDE + script],
            cwd=tmp_path,
            env={
                **os.environ,
                "WAITING_AUTH": f"Authorization: Token {credentials['supervisor_token']}",
            },
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    finally:
        supervisor.stop()

    called = statuses_of(tmp_path)
    # A block names in a comment each error that it gets.
    wrong = [
        (place, status)
        for place, status in called
        if not 200 <= status < 300 and not re.search(rf"# .*\b{status}\b", steps[place])
    ]
    assert (wrong, done.returncode) == ([], 0), done.stdout[-3000:] + done.stderr[-3000:]
    in_documents = sum(len(re.findall(r"\bcurl\b", block)) for block in steps.values())
    assert len(called) == in_documents > 30
