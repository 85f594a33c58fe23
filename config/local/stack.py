"""Define a local ServiceDesk: its parts, their ports and their environment."""

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
from config.local.services.mail_server import MailServer
from config.local.services.postgres import Postgres
from config.local.services.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parents[2]
_SHM = Path("/dev/shm")  # noqa: S108 - gunicorn makes private files in it
_WORKER_READY = " ready."  # what Celery logs when a worker accepts tasks
_BEAT_READY = "beat: Starting"
_LOG_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True, repr=False)
class Stack:
    """A ServiceDesk that is not started yet; `Supervisor(stack.parts)` starts it.

    `env` is the whole environment of its processes, `settings` the settings in it. `postgres`,
    `valkey` and `mail_server` are the embedded services, None where a configured one is used.
    """

    folder: Path
    port: int
    env: Mapping[str, str]
    settings: Mapping[str, str]
    parts: Sequence[Part]
    postgres: Postgres | None
    valkey: Valkey | None
    mail_server: MailServer | None

    @property
    def base_url(self) -> str:
        """The URL of the web server, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    @property
    def logs(self) -> Path:
        """The folder with a NAME.log for each part."""
        return self.folder / "log"

    def api(self, token: str = "", *, timeout_seconds: float = 30) -> Api:
        """Return a client of the API with this token."""
        return Api(self.base_url, token=token, timeout_seconds=timeout_seconds)

    def answers(self) -> bool:
        """Return whether the web server answers."""
        return self.api(timeout_seconds=2).call("GET", "/healthz").status == 200


def build(folder: Path, *, port: int | None, configured: Mapping[str, str]) -> Stack:
    """Define the parts of a local run; raise LocalError without a free port or a usable folder.

    Args:
        folder: for data, logs, mail and secrets.
        port: of the web server; None for a free one.
        configured: settings that replace the defaults; with POSTGRES_HOST, CELERY_BROKER_URL or
            EMAIL_HOST the embedded service is not started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    run_secrets = load_secrets(folder / "secrets.json")
    _rotate_logs(folder / "log")
    web_port, *service_ports = free_ports(4)
    postgres, valkey, mail_server = _services(folder, run_secrets, configured, service_ports)
    settings = _settings(folder, run_secrets, configured, (postgres, valkey, mail_server))
    # Set empty, because NAME_FILE takes precedence over NAME, and `.env` would fill it in.
    files = {f"{name}_FILE": "" for name in settings}
    stack = Stack(
        folder=folder,
        port=port or web_port,
        env={**os.environ, **files, **settings, "PYTHONUNBUFFERED": "1"},
        settings={**files, **settings},
        parts=[],
        postgres=postgres,
        valkey=valkey,
        mail_server=mail_server,
    )
    return replace(stack, parts=_parts(stack))


def _services(
    folder: Path, run_secrets: Secrets, configured: Mapping[str, str], ports: Sequence[int]
) -> tuple[Postgres | None, Valkey | None, MailServer | None]:
    """Return the embedded services, with None for each service that is configured."""
    logs = folder / "log"
    postgres = valkey = mail_server = None
    if "POSTGRES_HOST" not in configured:
        postgres = Postgres(
            folder / "postgres",
            port=ports[0],
            password=run_secrets.postgres_password,
            log=logs / "postgres.log",
        )
    if "CELERY_BROKER_URL" not in configured:
        valkey = Valkey(
            folder / "valkey",
            port=ports[1],
            password=run_secrets.valkey_password,
            log=logs / "valkey.log",
        )
    if "EMAIL_HOST" not in configured:
        mail_server = MailServer(folder / "mail", port=ports[2], log=logs / "mailserver.log")
    return postgres, valkey, mail_server


def _settings(
    folder: Path,
    run_secrets: Secrets,
    configured: Mapping[str, str],
    services: Sequence[Postgres | Valkey | MailServer | None],
) -> dict[str, str]:
    """Return the settings: our defaults, what is configured, and how services are reached."""
    values = {
        "SECRET_KEY": run_secrets.secret_key,
        "WEBHOOK_SECRETS": run_secrets.webhook_secret,
        "SUPPORT_ADDRESS": "support@servicedesk.example",
        "HTTPS": "false",
        "LOG_FORMAT": "text",
        "STATIC_ROOT": str(folder / "static"),
        "FILES_ROOT": str(folder / "files"),
        **configured,
    }
    # Requests from this machine remain allowed beside, say, a tunnel's name.
    if "ALLOWED_HOSTS" in values:
        values["ALLOWED_HOSTS"] += f",localhost,{HOST}"
    for service in services:
        values.update(service.env() if service else {})
        if isinstance(service, MailServer):  # a local folder needs no limit
            values = {"SEND_RATE": "none", "SEND_RATE_PER_RECIPIENT": "none"} | values
    return values


def _rotate_logs(logs: Path) -> None:
    """Begin new logs, and keep those of the last run only."""
    for log in logs.glob("*.log"):
        log.replace(log.with_name(f"{log.name}.1"))


def _parts(stack: Stack) -> list[Part]:
    parts: list[Part] = []
    for service in (stack.postgres, stack.valkey, stack.mail_server):
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
            prepare=lambda: gunicorn(stack, "config.wsgi", stack.port, name="web"),
            is_ready=stack.answers,
            after=["setup", *sorted(services & {"valkey"})],
        )
    )
    # Copies that share a configured broker need different worker names.
    suffix = "" if stack.valkey else f".{secrets.token_hex(4)}"
    for name, options in {
        "inbox": ("worker", "-n", f"inbox{suffix}@%h", "-Q", "inbox", "-P", "prefork", "-c", "2"),
        "mail": ("worker", "-n", f"mail{suffix}@%h", "-Q", "outbox", "-P", "threads", "-c", "4"),
        "beat": ("beat", "--pidfile="),
    }.items():
        needs = ["setup", *sorted(services & {"valkey", "mailserver"})]
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


def gunicorn(stack: Stack, application: str, port: int, *, name: str) -> Program:
    """Return the program that serves a WSGI application as the web server of a run."""
    # Heartbeats of gunicorn's workers are files, which on a slow disk block them (gunicorn's FAQ).
    options = ["--worker-tmp-dir", str(_SHM)] if _SHM.is_dir() else []
    # No control socket, because in the home folder two copies would share it. --preload imports the
    # application once and not in each worker.
    options += ["--no-control-socket", "--preload", "--workers", "3", "--timeout", "60"]
    bind = f"{HOST}:{port}"
    web = _python(stack, name, "-m", "gunicorn", application, "--bind", bind, *options)
    # gunicorn's quick stop; if it is killed, its workers keep the port for half a minute.
    return replace(web, orphan_signal=signal.SIGQUIT)


def _celery(stack: Stack, name: str, options: Sequence[str], needs: Sequence[str]) -> Part:
    # -q: without the banner, which is not a log line.
    command = ["-m", "celery", "-q", "-A", "config", *options, "--loglevel", "info"]
    phrase = _BEAT_READY
    if options[0] == "worker":
        # The workers share no state, and looking for each other takes a second. Their heartbeats,
        # which nobody listens to, are every two seconds by default.
        command += ["--without-mingle", "--without-gossip", "--heartbeat-interval", "10"]
        phrase = _WORKER_READY
    program = _python(stack, name, *command)
    prepare, is_ready = _ready_by_log(program, phrase)
    return Part(name=name, prepare=prepare, is_ready=is_ready, after=needs)


def _ready_by_log(
    program: Program, phrase: str
) -> tuple[Callable[[], Program], Callable[[], bool]]:
    """Return `prepare` and `is_ready` for a program that logs when it is ready.

    `celery inspect ping` would take longer than the start itself.
    """
    old_log_bytes, started_at = 0, 0.0

    def prepare() -> Program:
        nonlocal old_log_bytes, started_at
        old_log_bytes = program.log.stat().st_size if program.log.exists() else 0
        started_at = time.monotonic()
        return program

    def is_ready() -> bool:
        output = program.log.read_bytes()[old_log_bytes:]
        return phrase.encode() in output or time.monotonic() - started_at > _LOG_TIMEOUT_SECONDS

    return prepare, is_ready
