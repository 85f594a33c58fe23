"""How `make run` completes the settings that are configured."""

from pathlib import Path

import pytest

from config.environment import Environment
from config.local.run import configured_settings
from config.local.stack import build


def test_local_host_names_remain_allowed_beside_a_tunnels(tmp_path: Path) -> None:
    stack = build(tmp_path, port=8000, configured={"ALLOWED_HOSTS": "desk.tunnel.example"})

    assert stack.env["ALLOWED_HOSTS"] == "desk.tunnel.example,localhost,127.0.0.1"


def test_the_embedded_mail_server_has_no_send_rate(tmp_path: Path) -> None:
    own = build(tmp_path / "own", port=8000, configured={}).env
    asked = build(tmp_path / "asked", port=8000, configured={"SEND_RATE": "9/1h"}).env
    real = build(tmp_path / "real", port=8000, configured={"EMAIL_HOST": "smtp.gmail.com"}).env

    assert (own["SEND_RATE"], own["SEND_RATE_PER_RECIPIENT"]) == ("none", "none")
    assert asked["SEND_RATE"] == "9/1h"
    assert "SEND_RATE" not in real


@pytest.mark.parametrize(
    ("given", "proxies"),
    [
        ({"HTTPS": "true"}, "1"),
        ({"HTTPS": "true", "PROXY_COUNT": "2"}, "2"),
        ({"HTTPS": "false"}, None),
    ],
)
def test_https_implies_one_proxy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], proxies: str | None
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    configured = configured_settings(Environment(tmp_path / ".env"))

    assert configured.get("PROXY_COUNT") == proxies


def test_configured_mail_server_rates_and_bucket_are_kept_for_other_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "EMAIL_HOST": "smtp.example.com",
        "EMAIL_PORT": "2525",
        "EMAIL_USE_TLS": "false",
        "EMAIL_HOST_USER": "desk",
        "EMAIL_HOST_PASSWORD": "a password",
        "SEND_RATE": "9/1h",
        "FILES_S3_BUCKET": "desk-files",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    configured = configured_settings(Environment(tmp_path / "no.env"))

    settings = build(tmp_path / "run", port=8000, configured=configured).settings
    assert {name: settings.get(name) for name in given} == given


def test_a_configured_rate_applies_to_the_embedded_mail_server_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMAIL_HOST", raising=False)
    monkeypatch.setenv("SEND_RATE", "9/1h")

    configured = configured_settings(Environment(tmp_path / "no.env"))

    env = build(tmp_path / "run", port=8000, configured=configured).env
    assert (env["SEND_RATE"], env["EMAIL_HOST"]) == ("9/1h", "127.0.0.1")
