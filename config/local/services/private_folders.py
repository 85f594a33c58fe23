"""Private folders for a server that must not run as root."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from config.local.errors import LocalError
from config.local.processes.process import Account, run_as


def server_account() -> Account | None:
    """Return the account `nobody` for root, otherwise None: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise LocalError(
            "PostgreSQL does not run as root, and this system has no user nobody: "
            "run as an ordinary user."
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def private_folder(location: Path, parent: Path, account: Account | None) -> Path:
    """Return the private folder that the file `location` names; make it when there is none.

    Its name is random, so that no other user can have made a folder of that name before.
    """
    if existing := read_location(location, account):
        return existing
    made = Path(tempfile.mkdtemp(prefix="servicedesk-", dir=parent))  # mode 0700
    if account:
        os.chown(made, account.uid, account.gid)
    location.write_text(f"{made}\n")
    return made


def read_location(location: Path, account: Account | None) -> Path | None:
    """Return the private folder that the file `location` names, or None without one."""
    return _read_location(location, owner=account.uid if account else os.geteuid(), closed=0o077)


def _read_location(location: Path, *, owner: int, closed: int) -> Path | None:
    """Return the folder that a file names if it has this owner and none of these permissions.

    After /tmp was cleaned, another user may have made a folder of the same name.
    """
    try:
        path = Path(location.read_text().strip())
        status = path.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == owner
    return path if is_ours and not status.st_mode & closed and path.is_absolute() else None


def readable_pginstall(pginstall: Path, account: Account | None) -> Path:
    """Return PostgreSQL's folder if the account can execute its programs, otherwise a copy of it.

    Nobody else can read what is below a folder such as /root.
    """
    if account is None or _can_execute(pginstall / "bin" / "postgres", account):
        return pginstall
    package = pginstall.parent
    # The file is beside the package, so that a new installation makes a new copy.
    stamp = package.parent / "servicedesk-pginstall-copy"
    existing = _read_location(stamp, owner=0, closed=0o022)  # only root could write it
    if existing and _files(existing / package.name / "pginstall") == _files(pginstall):
        return existing / package.name / "pginstall"
    copy = Path(tempfile.mkdtemp(prefix="servicedesk-pginstall-"))
    # The programs load these libraries by a relative path.
    for part in (pginstall, package / ".dylibs", package.parent / f"{package.name}.libs"):
        if part.is_dir():
            shutil.copytree(part, copy / part.relative_to(package.parent), symlinks=True)
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
    stamp.write_text(f"{copy}\n")
    return copy / package.name / "pginstall"


def _files(folder: Path) -> set[Path]:
    # All names, because cleaning /tmp by age removes single files.
    return {path.relative_to(folder) for path in folder.rglob("*")}


def command_of(pid: int) -> str | None:
    """Return the command line of a process, or None when there is no such process."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        return words.replace(b"\0", b" ").decode(errors="replace") or None
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return None
    except OSError:
        return None
    ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    done = subprocess.run(ps, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None


def _can_execute(program: Path, account: Account) -> bool:
    try:
        done = subprocess.run(
            [str(program), "--version"],
            cwd="/",
            **run_as(account),
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0
