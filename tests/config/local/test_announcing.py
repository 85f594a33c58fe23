"""The lines of `make run` that say how to sign in."""

import json
from pathlib import Path

import pytest

from config.local import run
from config.local.client import Answer, Api
from config.local.stack import build

CREDENTIALS = {
    "desk_url": "http://127.0.0.1:8000/desk/",
    "supervisor_id": 1,
    "supervisor_email": "",
    "supervisor_password": "",
    "operator_id": 2,
    "operator_email": "maria@desk.example",
    "operator_password": "a-password",
}


def test_the_start_says_where_the_desk_is_and_how_to_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps(CREDENTIALS))
    monkeypatch.setattr(run, "write_credentials", lambda stack: path)
    monkeypatch.setattr(Api, "call", lambda *arguments: Answer(200, {}))

    run.announce(build(tmp_path / "run", port=8000, configured={}))

    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "The desk: http://127.0.0.1:8000/desk/",
        "  operator: sign in as 2 or maria@desk.example, password: a-password",
        "  supervisor: sign in as 1, password: the one that you set",
        "Administration, for the supervisor: http://127.0.0.1:8000/admin/",
    ]
    assert lines[-1] == "ServiceDesk is ready: http://127.0.0.1:8000/"
