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

# Of a call, not of a word in a comment.
CALL = re.compile(r"\bcurl(?= -)")
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


def blocks(document: str) -> list[tuple[int, str]]:
    """Return the blocks of a document that call the service or set variables, with their lines."""
    text = (ROOT / document).read_text()
    found = re.finditer(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [
        (text[: block.start()].count("\n") + 2, block[1])
        for block in found
        if re.search(r"\bcurl\b|credential", block[1])
    ]


def script_and_calls() -> tuple[str, dict[str, str]]:
    """Return the commands of all documents as one script, and each call's text by its place.

    The text of a call goes on to the next one, with the comments between them.
    """
    script, place = "", ""
    calls: dict[str, str] = {}
    for document in DOCUMENTS:
        for first, block in blocks(document):
            for number, line in enumerate(block.splitlines(), first):
                if CALL.search(line):
                    place = f"{document}:{number}"
                    calls[place] = ""
                    line = CALL.sub(f"PLACE={place} curl", line)
                if place:
                    calls[place] += f"{line}\n"
                script += f"{line}\n"
    return script, calls


def is_as_said(call: str, status: int) -> bool:
    """Return whether a status is the one that a comment of this call begins with, or 2xx."""
    said = re.search(r"# (\d{3})\b", call)
    return status == int(said[1]) if said else 200 <= status < 300


def statuses_of(folder: Path) -> list[tuple[str, int]]:
    """Return the place and the status of each call that was made."""
    lines = (folder / "statuses").read_text().splitlines()
    return [(place, int(status)) for place, status in (line.split() for line in lines)]


@pytest.mark.parametrize(
    ("call", "status", "expected"),
    [
        ("curl x", 200, True),
        ("curl x", 404, False),
        ("curl x # 404 {}", 404, True),
        ("curl x # 404 {}", 200, False),
        ("curl x # 201, and 409 for a 21st", 409, False),
    ],
)
def test_a_call_gets_the_status_that_the_document_names(
    call: str, status: int, expected: bool
) -> None:
    assert is_as_said(call, status) is expected


def test_each_curl_line_is_answered_as_the_document_says(tmp_path: Path) -> None:
    script, calls = script_and_calls()
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
    wrong = [(place, status) for place, status in called if not is_as_said(calls[place], status)]
    assert (wrong, done.returncode) == ([], 0), done.stdout[-3000:] + done.stderr[-3000:]
    assert [place for place, _status in called] == list(calls)
