"""A PgBouncer in front of a PostgreSQL, as docs/scaling.md configures it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.local.processes.ports import HOST, free_ports, is_listening
from config.local.processes.process import Process, Program
from tests.processes import wait_until

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


_CONFIGURATION = """[databases]
* = host={env[POSTGRES_HOST]} port={env[POSTGRES_PORT]}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
default_pool_size = {size}
ignore_startup_parameters = options
"""


@contextmanager
def pooled(
    env: Mapping[str, str], folder: Path, *, mode: str, size: int = 2
) -> Iterator[dict[str, str]]:
    """Yield the settings with which a part connects through PgBouncer; skip without it.

    Args:
        mode: `transaction` or `session`.
        size: how many connections to PostgreSQL it keeps.
    """
    if PROGRAM is None:
        pytest.skip("PgBouncer is not installed (Debian: apt install pgbouncer).")
    (port,) = free_ports(1)
    users = folder / "users.txt"
    users.write_text(f'"{env["POSTGRES_USER"]}" "{env["POSTGRES_PASSWORD"]}"\n')
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        _CONFIGURATION.format(env=env, host=HOST, port=port, users=users, mode=mode, size=size)
    )
    for path in (folder, users, configuration):  # as root it runs as `nobody`
        path.chmod(0o755 if path.is_dir() else 0o644)
    as_nobody = ["--user", "nobody"] if os.geteuid() == 0 else []
    program = Program(
        name="pgbouncer",
        command=[PROGRAM, *as_nobody, str(configuration)],
        log=folder / "pgbouncer.log",
    )
    process = Process(program)
    process.start()
    try:
        wait_until(lambda: is_listening(port), hint=program.log)
        yield {**env, "POSTGRES_HOST": HOST, "POSTGRES_PORT": str(port)}
    finally:
        process.kill()
