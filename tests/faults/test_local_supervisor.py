"""The supervisor of a local run: restarts, orderly ends, and nothing left behind."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.local.errors import LocalError
from config.local.processes.ports import free_ports, is_listening
from config.local.processes.process import Program
from config.local.processes.supervisor import Part, StopRequested, Supervisor
from tests.paths import ROOT
from tests.processes import wait_until

pytestmark = pytest.mark.slow

# A server that has a child of its own, as gunicorn has, and writes both numbers.
SERVER = """
import os, socket, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
with open(sys.argv[2], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""
# One that takes its time to end, and writes when it was asked to and when it was done.
SLOW_TO_END = f"""
import os, signal, sys, time
def end(*_):
    asked = time.monotonic()
    time.sleep(0.3)
    with open(sys.argv[2] + ".end", "w") as file:
        file.write(f"{{asked}} {{time.monotonic()}}")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
{SERVER}"""


def server_part(
    folder: Path, name: str, port: int, after: tuple[str, ...] = (), script: str = SERVER
) -> Part:
    program = Program(
        name=name,
        command=[sys.executable, "-c", script, str(port), str(folder / f"{name}.pids")],
        log=folder / f"{name}.log",
        env=dict(os.environ),
    )
    return Part(
        name=name, prepare=lambda: program, is_ready=lambda: is_listening(port), after=after
    )


def pids(folder: Path, name: str) -> list[int]:
    return [int(word) for word in (folder / f"{name}.pids").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        return subprocess.run(["kill", "-0", str(pid)], check=False).returncode == 0
    return state != "Z"


def test_killed_part_is_started_again_and_its_children_end(tmp_path: Path) -> None:
    said: list[str] = []
    port = free_ports(1)[0]
    supervisor = Supervisor([server_part(tmp_path, "web", port)], say=said.append)
    try:
        supervisor.start()
        first = supervisor.pid("web")

        os.kill(first, signal.SIGKILL)
        back = supervisor.wait_until(
            lambda: supervisor.pid("web") != first and supervisor.is_ready("web"), 10
        )

        assert back
        server, child, new_server, new_child = pids(tmp_path, "web")
        assert [is_alive(pid) for pid in (server, child, new_server, new_child)] == [
            False,
            False,
            True,
            True,
        ]
        assert "web ended (killed by signal 9)" in said[1]
    finally:
        supervisor.stop()
    # A SIGKILL is on its way when the call returns; whom it ends is gone a moment later.
    wait_until(lambda: not any(is_alive(pid) for pid in pids(tmp_path, "web")))


def test_parts_start_in_order_and_stop_in_reverse(tmp_path: Path) -> None:
    ports = free_ports(2)
    log = tmp_path / "once.log"
    once = Program(name="once", command=[sys.executable, "-c", ""], log=log, env={})
    web = server_part(tmp_path, "web", ports[1], after=("once",), script=SLOW_TO_END)
    database = server_part(tmp_path, "database", ports[0], script=SLOW_TO_END)
    supervisor = Supervisor(
        [web, Part(name="once", prepare=lambda: once, after=("database",), once=True), database],
        say=lambda line: None,
    )
    try:
        supervisor.start()

        assert (tmp_path / "database.pids").stat().st_mtime_ns < log.stat().st_mtime_ns
    finally:
        supervisor.stop()

    def asked_and_ended(name: str) -> list[float]:
        return [float(word) for word in (tmp_path / f"{name}.pids.end").read_text().split()]

    assert asked_and_ended("web")[1] <= asked_and_ended("database")[0]


def test_part_that_cannot_start_is_named_with_its_log(tmp_path: Path) -> None:
    broken = Program(
        name="postgres",
        command=[sys.executable, "-c", "raise SystemExit('FATAL: no room')"],
        log=tmp_path / "postgres.log",
        env={},
    )
    supervisor = Supervisor([Part(name="postgres", prepare=lambda: broken, is_ready=lambda: False)])
    try:
        with pytest.raises(LocalError) as caught:
            supervisor.start()
    finally:
        supervisor.stop()

    assert str(caught.value) == (
        f"postgres did not start (FATAL: no room); its log is {tmp_path / 'postgres.log'}."
    )


def test_second_signal_kills_a_part_that_will_not_end(tmp_path: Path) -> None:
    stubborn = Program(
        name="stubborn",
        command=[
            sys.executable,
            "-c",
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            "open('up', 'w'); time.sleep(600)",
        ],
        log=tmp_path / "stubborn.log",
        env={},
        cwd=tmp_path,
    )
    part = Part(name="stubborn", prepare=lambda: stubborn, is_ready=(tmp_path / "up").exists)
    supervisor = Supervisor([part], say=lambda line: None)
    supervisor.start()
    supervisor.on_signal(signal.SIGINT, None)
    with pytest.raises(StopRequested):
        supervisor.tick()

    supervisor.on_signal(signal.SIGINT, None)
    began = time.monotonic()
    supervisor.stop()

    assert time.monotonic() - began < 5
    assert not is_alive(supervisor.pid("stubborn"))


def test_killed_supervisor_leaves_nothing_running(tmp_path: Path) -> None:
    port = free_ports(1)[0]
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from tests.faults.test_local_supervisor import *\n"
        "supervisor = Supervisor([server_part(Path(sys.argv[2]), 'web', int(sys.argv[3]))])\n"
        "supervisor.start(); supervisor.run()\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", script, str(ROOT), str(tmp_path), str(port)], cwd=ROOT
    )
    try:
        wait_until(lambda: is_listening(port))
        wait_until((tmp_path / "web.pids").exists)
    finally:
        running.kill()
        running.wait()

    wait_until(lambda: not any(is_alive(pid) for pid in pids(tmp_path, "web")))


def run_command(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "config.local", "run", str(folder)],
        cwd=ROOT,
        env={**keep, **settings},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = run_command(tmp_path, PORT=str(port))

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"ServiceDesk: Port {port} is in use or not allowed; "
        "choose another one: PORT=8001 make run\n"
    )


def test_second_run_from_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "run.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_command(tmp_path, PORT=str(free_ports(1)[0]))

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("ServiceDesk: It already runs from this folder")


def test_configured_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    silent, port = free_ports(2)

    done = run_command(
        tmp_path, POSTGRES_HOST="127.0.0.1", POSTGRES_PORT=str(silent), PORT=str(port)
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("ServiceDesk: The configured PostgreSQL cannot be used: ")
    assert done.stderr.count("\n") == 1
