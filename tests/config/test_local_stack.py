"""What `make run` makes of the settings that it is given."""

from pathlib import Path

from config.local.stack import build


def test_a_tunnels_name_leaves_the_desk_its_local_ones(tmp_path: Path) -> None:
    stack = build(tmp_path, port=8000, configured={"ALLOWED_HOSTS": "desk.tunnel.example"})

    assert stack.env["ALLOWED_HOSTS"] == "desk.tunnel.example,localhost,127.0.0.1"
