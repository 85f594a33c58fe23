"""Install requirements/NAME.txt into .venv: `python3 config/local/install.py local|dev|benchmarks`.

It is executed by its path, by a Python without any packages: it imports only the standard library.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOG = ROOT / ".local" / "log" / "install.log"
# Any of these sets of requirements contains the named one.
_SUFFICIENT = {
    "local": ("benchmarks", "dev", "local"),
    "dev": ("benchmarks", "dev"),
    "benchmarks": ("benchmarks",),
}


def main() -> int:
    """Install what is missing and return the exit status; print nothing if nothing is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=sorted(_SUFFICIENT))
    parser.add_argument(
        "--this-python", action="store_true", help="make .venv again if it has another Python"
    )
    options = parser.parse_args()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # `make run` and `make test` may be started at the same time on a new machine.
    with (LOG.parent.parent / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_usable(options.this_python):
            _make_venv()
        if not any(_is_installed(name) for name in _SUFFICIENT[options.name]):
            return _install(options.name)
    return 0


def _is_usable(this_python: bool) -> bool:
    """Return whether .venv works, was made here, and, if required, with this Python version."""
    try:
        # The programs of a copied or moved .venv point to the old place.
        if (VENV / ".made-at").read_text() != str(VENV):
            return False
    except OSError:
        return False
    version = "import sys, pip; print(sys.version_info[:2])"
    python = [str(VENV / "bin" / "python"), "-c", version]
    try:
        done = subprocess.run(python, capture_output=True, text=True, check=False)
    except OSError:
        return False
    if done.returncode:
        return False
    return not this_python or done.stdout.strip() == str(sys.version_info[:2])


def _make_venv() -> None:
    print(f"Making .venv with Python {sys.version.split()[0]} ...", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True)
    (VENV / ".made-at").write_text(str(VENV))


def _requirements(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def _stamp(name: str) -> Path:
    """Return the path of a copy of the requirements, written after all were installed."""
    return VENV / f".installed-{name}"


def _is_installed(name: str) -> bool:
    stamp = _stamp(name)
    return stamp.is_file() and stamp.read_bytes() == _requirements(name).read_bytes()


def _install(name: str) -> int:
    for other in _SUFFICIENT:
        _stamp(other).unlink(missing_ok=True)
    requirements = _requirements(name).read_bytes()
    count = len(re.findall(rb"^[a-z0-9].*==", requirements, re.MULTILINE))
    print(f"Installing {count} packages from requirements/{name}.txt ...", flush=True)
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--require-hashes"]
    # The locks are complete. When pip 23 resolves, it rejects a lock as soon as a package that is
    # required with an extra (coverage[toml]) has a newer release.
    command += ["--no-deps", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    command += ["-r", str(_requirements(name))]
    # With `user = true` in the user's configuration pip would not install into .venv.
    pip = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PIP_USER": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    problem = _follow(pip, count)
    if pip.wait():
        print(f"ServiceDesk: the packages cannot be installed ({problem}); the log is {LOG}.")
        return 1
    _stamp(name).write_bytes(requirements)
    return 0


def _follow(pip: "subprocess.Popen[str]", count: int) -> str:
    """Print a line for every tenth package, log everything, and return the last error."""
    seen, problem = 0, "see the log"
    with LOG.open("w") as log:
        for line in pip.stdout or ():
            log.write(line)
            if line.startswith("ERROR:"):
                problem = line.removeprefix("ERROR:").strip().rstrip(".")
            if line.startswith("Collecting "):
                seen += 1
                if seen % 10 == 0:
                    print(f"  {seen} of {count} fetched", flush=True)
            elif line.startswith("Installing collected packages"):
                print("  unpacking them, which takes a while", flush=True)
    return problem


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
