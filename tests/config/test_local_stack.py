"""What `make run` makes of the settings that it is given."""

from pathlib import Path

import pytest

from config.environment import Environment
from config.local.run import configured_settings
from config.local.stack import build


def test_a_tunnels_name_leaves_the_desk_its_local_ones(tmp_path: Path) -> None:
    stack = build(tmp_path, port=8000, configured={"ALLOWED_HOSTS": "desk.tunnel.example"})

    assert stack.env["ALLOWED_HOSTS"] == "desk.tunnel.example,localhost,127.0.0.1"


def test_the_mailbox_of_its_own_takes_mail_without_a_limit(tmp_path: Path) -> None:
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
def test_with_https_a_proxy_stands_in_front(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], proxies: str | None
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    configured = configured_settings(Environment(tmp_path / ".env"))

    assert configured.get("PROXY_COUNT") == proxies
