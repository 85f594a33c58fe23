"""`make demo` shows what it promises, and ends."""

import subprocess
import sys

import pytest

from tests.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_demonstration_ends_with_everything_as_expected() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.local", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "The demonstration is over, everything was as expected." in done.stdout
