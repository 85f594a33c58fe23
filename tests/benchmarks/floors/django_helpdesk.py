"""django-helpdesk as a floor, from the package index, in a virtual environment of its own."""

import subprocess
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.desk import Desk
from tests.benchmarks.row import NotMeasurable
from tests.paths import ROOT

_VENV = ROOT / ".local" / "benchmarks" / "helpdesk-venv"
_REQUIREMENTS = ROOT / "requirements" / "helpdesk.txt"


class Helpdesk:
    """An installed django-helpdesk with an empty database; raises NotMeasurable without it."""

    def __init__(self, desk: Desk, mails: Sequence[bytes]) -> None:
        self._desk = desk
        self._mails = mails
        _install()
        env = {**desk.new_database("helpdesk"), "FILES_ROOT": str(desk.new_folder())}
        _run(env, "-m", "django", "migrate", "--verbosity", "0")
        _run(env, "-m", "django", "loaddata", "emailtemplate", "--verbosity", "0")

    def measure(self) -> float:
        """Return how many of the mails a second it makes into tickets."""
        folder = self._desk.new_folder()
        for number, mail in enumerate(self._mails):
            (folder / f"{number:06}.eml").write_bytes(mail)
        with self._desk.copy_of("helpdesk") as env:
            seconds = float(_run(env, "helpdesk_intake.py", str(folder)))
        return len(self._mails) / seconds


def _install() -> None:
    stamp = _VENV / ".installed"
    if stamp.is_file() and stamp.read_bytes() == _REQUIREMENTS.read_bytes():
        return
    venv.create(_VENV, clear=True, with_pip=True)
    pip = [str(_VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input"]
    done = subprocess.run(
        [*pip, "--require-hashes", "--no-deps", "-r", str(_REQUIREMENTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last_line = done.stderr.strip().rpartition("\n")[2]
        raise NotMeasurable(f"django-helpdesk cannot be installed: {last_line}")
    stamp.write_bytes(_REQUIREMENTS.read_bytes())


def _run(env: Mapping[str, str], *arguments: str) -> str:
    """Run its Python in the folder of its settings, and return what it prints."""
    done = subprocess.run(
        [str(_VENV / "bin" / "python"), *arguments],
        cwd=Path(__file__).parent,
        env={**env, "DJANGO_SETTINGS_MODULE": "helpdesk_settings", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"django-helpdesk failed:\n{done.stderr}")
    return done.stdout
