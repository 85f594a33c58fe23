"""The set of parts that make a running ServiceDesk, with their ports and their environment."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from config.local.client import Api
from config.local.processes.ports import HOST, free_ports
from config.local.processes.process import Program
from config.local.processes.supervisor import Part
from config.local.secrets_file import Secrets, load_secrets
from config.local.services.mailbox import Mailbox
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parents[2]
_SHM = Path("/dev/shm")  # noqa: S108 - gunicorn makes private files in it
_WORKER_LINE = " ready."  # what Celery logs when a worker takes tasks
_BEAT_LINE = "beat: Starting"
_LOG_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True, repr=False)
class Stack:
    """Everything that runs, not yet started; `Supervisor(stack.parts)` starts it.

    `env` is the environment of each of its processes, `settings` what of it is ours, `postgres`
    and the like the embedded services, None where a configured one is used.
    """

    folder: Path
    port: int
    env: Mapping[str, str]
    settings: Mapping[str, str]
    parts: Sequence[Part]
    postgres: Postgres | None
    valkey: Valkey | None
    mailbox: Mailbox | None

    @property
    def base_url(self) -> str:
        """Where it is served, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def logs(self) -> Path:
        """The folder that has a NAME.log of each part."""
        return self.folder / "log"

    def api(self, token: str = "", *, timeout_seconds: float = 30) -> Api:
        """Return a client of its API with this token."""
        return Api(self.base_url, token=token, timeout_seconds=timeout_seconds)

    def answers(self) -> bool:
        """Tell whether the web server answers."""
        return self.api(timeout_seconds=2).call("GET", "/healthz").status == 200


def build(folder: Path, *, port: int | None, configured: Mapping[str, str]) -> Stack:
    """Put a stack together; raise LocalError when there is no port or no room for it.

    Args:
        folder: for data, logs, mail and secrets.
        port: of the web server; None for a free one.
        configured: settings that are given; a configured POSTGRES_HOST, CELERY_BROKER_URL or
            EMAIL_HOST is used instead of an embedded service.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    kept = load_secrets(folder / "secrets.json")
    logs = folder / "log"
    _put_aside(logs)
    ports = free_ports(4)
    postgres = valkey = mailbox = None
    if "POSTGRES_HOST" not in configured:
        postgres = Postgres(
            folder / "postgres",
            port=ports[0],
            password=kept.postgres_password,
            log=logs / "postgres.log",
        )
    if "CELERY_BROKER_URL" not in configured:
        valkey = Valkey(
            folder / "valkey", port=ports[1], password=kept.valkey_password, log=logs / "valkey.log"
        )
    if "EMAIL_HOST" not in configured:
        mailbox = Mailbox(folder / "mail", port=ports[2], log=logs / "mailbox.log")
    settings = _settings(folder, kept, configured, (postgres, valkey, mailbox))
    # NAME_FILE goes before NAME, and one in `.env` would come in wherever it is not set at all.
    files = {f"{name}_FILE": "" for name in settings}
    stack = Stack(
        folder=folder,
        port=port or ports[3],
        env={**os.environ, **files, **settings, "PYTHONUNBUFFERED": "1"},
        settings={**files, **settings},
        parts=[],
        postgres=postgres,
        valkey=valkey,
        mailbox=mailbox,
    )
    return replace(stack, parts=_parts(stack))


def _settings(
    folder: Path,
    kept: Secrets,
    configured: Mapping[str, str],
    services: Sequence[Postgres | Valkey | Mailbox | None],
) -> dict[str, str]:
    """Return what the processes read: our defaults, what is configured, the embedded services."""
    values = {
        "SECRET_KEY": kept.secret_key,
        "WEBHOOK_SECRETS": kept.webhook_secret,
        "SUPPORT_ADDRESS": "support@servicedesk.example",
        "HTTPS": "false",
        "LOG_FORMAT": "text",
        "STATIC_ROOT": str(folder / "static"),
        "FILES_ROOT": str(folder / "files"),
        **configured,
    }
    if "ALLOWED_HOSTS" in values:  # a tunnel's name, say: this machine stays one, too
        values["ALLOWED_HOSTS"] += f",localhost,{HOST}"
    for service in services:
        values.update(service.env() if service else {})
        if isinstance(service, Mailbox):  # a folder takes as much as there is
            values = {"SEND_RATE": "none", "SEND_RATE_PER_RECIPIENT": "none"} | values
    return values


def _put_aside(logs: Path) -> None:
    """Begin new logs and keep the last run's, so that they never grow without end."""
    for log in logs.glob("*.log"):
        log.replace(log.with_name(f"{log.name}.1"))


def _parts(stack: Stack) -> list[Part]:
    parts: list[Part] = []
    for service in (stack.postgres, stack.valkey, stack.mailbox):
        if service is not None:
            name = type(service).__name__.lower()
            parts.append(Part(name=name, prepare=service.prepare, is_ready=service.is_ready))
    services = {part.name for part in parts}
    setup = _python(stack, "setup", "-m", "config.local.setup")
    database = [name for name in ("postgres",) if name in services]
    parts.append(
        Part(name="setup", prepare=lambda: setup, after=database, once=True, start_seconds=300)
    )
    parts.append(
        Part(
            name="web",
            prepare=lambda: _web(stack),
            is_ready=stack.answers,
            after=["setup", *sorted(services & {"valkey"})],
        )
    )
    # Several copies may share a configured broker, where names must differ.
    own = "" if stack.valkey else f".{secrets.token_hex(4)}"
    for name, options in {
        "inbox": ("worker", "-n", f"inbox{own}@%h", "-Q", "inbox", "-P", "prefork", "-c", "2"),
        "mail": ("worker", "-n", f"mail{own}@%h", "-Q", "outbox", "-P", "threads", "-c", "4"),
        "beat": ("beat", "--pidfile="),
    }.items():
        needs = ["setup", *sorted(services & {"valkey", "mailbox"})]
        parts.append(_celery(stack, name, options, needs))
    watch = _python(stack, "watch", "manage.py", "watch")
    parts.append(Part(name="watch", prepare=lambda: watch, after=["setup"]))
    return parts


def _python(stack: Stack, name: str, *arguments: str) -> Program:
    return Program(
        name=name,
        command=[sys.executable, *arguments],
        log=stack.logs / f"{name}.log",
        env=stack.env,
        cwd=BASE_DIR,
    )


def _web(stack: Stack) -> Program:
    # A worker's heartbeat is a file; on a slow disk it blocks the worker (gunicorn's FAQ).
    options = ["--worker-tmp-dir", str(_SHM)] if _SHM.is_dir() else []
    # Its control socket lies in the home folder, where two copies would meet. --preload imports
    # the application once and not in each worker.
    options += ["--no-control-socket", "--preload", "--workers", "3", "--timeout", "60"]
    bind = f"{HOST}:{stack.port}"
    web = _python(stack, "web", "-m", "gunicorn", "config.wsgi", "--bind", bind, *options)
    # Its quick stop: killed, it would leave workers behind that keep the port for half a minute.
    return replace(web, orphan_signal=signal.SIGQUIT)


def _celery(stack: Stack, name: str, options: Sequence[str], needs: Sequence[str]) -> Part:
    # Quiet: its banner is no log line.
    command = ["-m", "celery", "-q", "-A", "config", *options, "--loglevel", "info"]
    line = _BEAT_LINE
    if options[0] == "worker":
        # They have nothing to tell each other, and finding that out takes a second.
        command += ["--without-mingle", "--without-gossip"]
        line = _WORKER_LINE
    program = _python(stack, name, *command)
    prepare, is_ready = _ready_by_log(program, line)
    return Part(name=name, prepare=prepare, is_ready=is_ready, after=needs)


def _ready_by_log(
    program: Program, phrase: str
) -> tuple[Callable[[], Program], Callable[[], bool]]:
    """Return `prepare` and `is_ready` of a program that says in its log that it is.

    Asking a worker itself (`celery inspect ping`) takes longer than its start.
    """
    began = [0, 0.0]

    def prepare() -> Program:
        began[:] = [program.log.stat().st_size if program.log.exists() else 0, time.monotonic()]
        return program

    def is_ready() -> bool:
        said = program.log.read_bytes()[int(began[0]) :]
        return phrase.encode() in said or time.monotonic() - began[1] > _LOG_PATIENCE_SECONDS

    return prepare, is_ready
