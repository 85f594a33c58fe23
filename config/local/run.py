"""`make run`: serve in the foreground until Ctrl-C or SIGTERM."""

import contextlib
import fcntl
import json
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg2

from config.environment import Environment
from config.local.credentials import write_credentials
from config.local.errors import LocalError
from config.local.processes.ports import HOST, is_free, is_listening
from config.local.processes.supervisor import StopRequested, Supervisor
from config.local.sample.fill import fill
from config.local.secrets_file import write_private
from config.local.stack import BASE_DIR, Stack, build

# The file in the data folder that has the settings of a run, as long as it runs.
RUNNING_SETTINGS = "settings.json"
# Settings that have a default here unless they are configured, and those of mail server and bucket,
# which `make doctor` and `make backup` in another shell need, too.
_CONFIGURABLE = [
    *("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"),
    *("CELERY_BROKER_URL", "EMAIL_HOST", "SECRET_KEY", "WEBHOOK_SECRETS", "SUPPORT_ADDRESS"),
    *("HTTPS", "PROXY_COUNT", "LOG_FORMAT", "STATIC_ROOT", "FILES_ROOT", "ALLOWED_HOSTS"),
    *("SEND_RATE", "SEND_RATE_PER_RECIPIENT"),
    *("EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_USE_SSL"),
    *("FILES_S3_BUCKET", "FILES_S3_ENDPOINT", "FILES_S3_REGION"),
    *("FILES_S3_ACCESS_KEY", "FILES_S3_SECRET_KEY"),
]


def run(folder: Path = BASE_DIR / ".local") -> None:
    """Start everything, print when it is ready, and watch it until a stop is requested.

    folder: for data, logs, mail and secrets. Raises LocalError when a part cannot be started.
    """
    environment = Environment(BASE_DIR / ".env")
    port = environment.number("PORT", "8000", low=1, high=65535)
    configured = configured_settings(environment)
    has_sample = environment.flag("SAMPLE", "false")
    if has_sample:
        check_sample(configured)
    with exclusive_lock(folder / "run.lock", f"http://{HOST}:{port}/") as was_killed:
        if not _becomes_free(port, timeout_seconds=8 if was_killed else 0):
            raise LocalError(
                f"Port {port} is in use or not allowed; choose another one: PORT=8001 make run"
            )
        check_database(configured)
        stack = build(folder, port=port, configured=configured)
        with supervised(stack) as supervisor, _published_settings(stack):
            say("Starting ...")
            supervisor.start()
            if has_sample:
                fill(stack, supervisor, say=say)
            announce(stack)
            supervisor.run()


@contextlib.contextmanager
def _published_settings(stack: Stack) -> Iterator[None]:
    """Keep a run's settings where `config.local.manage` reads them, as long as it runs."""
    path = stack.folder / RUNNING_SETTINGS
    write_private(path, json.dumps(dict(stack.settings), indent=2) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def configured_settings(environment: Environment) -> dict[str, str]:
    """Return those settings of a local run that the environment or `.env` has."""
    configured = {name: value for name in _CONFIGURABLE if (value := environment.text(name, ""))}
    if environment.flag("HTTPS", "false"):  # then a proxy in front terminates TLS
        configured.setdefault("PROXY_COUNT", "1")
    return configured


@contextlib.contextmanager
def supervised(stack: Stack) -> Iterator[Supervisor]:
    """Run a block with a supervisor; at its end, or on a signal, the supervisor stops all parts."""
    supervisor = Supervisor(stack.parts, say=say)
    before = {
        number: signal.signal(number, supervisor.on_signal)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        with contextlib.suppress(StopRequested):
            yield supervisor
    finally:
        say("Stopping ...")
        supervisor.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
        say("Stopped.")


def announce(stack: Stack) -> None:
    """Write the credentials and print where everything is; the last line says that it is ready."""
    path = write_credentials(stack)
    credentials = json.loads(path.read_text())
    say(f"The desk: {credentials['desk_url']}")
    say(f"  {_sign_in(credentials, 'operator')}")
    say(f"  {_sign_in(credentials, 'supervisor')}")
    say(f"Administration, for the supervisor: {stack.base_url}/admin/")
    say(f"Passwords, tokens, the webhook's secret: {path}")
    if stack.mail_server:
        say(f"Mail that goes out: {stack.mail_server.maildir} (a Maildir)")
    say(f"Logs: {stack.logs}")
    state = stack.api().call("GET", "/readyz")
    if state.status != 200:
        say(f"Warning: /readyz answers {state.status}: {state.body}")
    say(f"ServiceDesk is ready: {stack.base_url}/")


def _sign_in(credentials: Mapping[str, str], role: str) -> str:
    """Return a line that says how to sign in as the operator or the supervisor."""
    address = credentials[f"{role}_email"]
    name = f"{credentials[f'{role}_id']}{f' or {address}' if address else ''}"
    password = credentials[f"{role}_password"] or "the one that you set"
    return f"{role}: sign in as {name}, password: {password}"


def check_sample(configured: Mapping[str, str]) -> None:
    """Raise LocalError if the sample would get into a configured database or mail server."""
    if configured.keys() & {"POSTGRES_HOST", "EMAIL_HOST"}:
        raise LocalError(
            "SAMPLE=1 is for the run's own database and mail server, without POSTGRES_HOST and "
            "EMAIL_HOST: the people of the sample do not exist."
        )


def check_database(configured: Mapping[str, str]) -> None:
    """Raise LocalError if a configured PostgreSQL does not accept a connection."""
    if host := configured.get("POSTGRES_HOST"):
        port = configured.get("POSTGRES_PORT", "5432")
        try:
            psycopg2.connect(
                host=host,
                port=port,
                user=configured.get("POSTGRES_USER", "servicedesk"),
                password=configured.get("POSTGRES_PASSWORD", ""),
                dbname=configured.get("POSTGRES_DB", "servicedesk"),
                connect_timeout=5,
            ).close()
        except psycopg2.OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise LocalError(f"The configured PostgreSQL cannot be used: {reason}.") from error


@contextlib.contextmanager
def exclusive_lock(lock: Path, what: str) -> Iterator[bool]:
    """Lock a file while a block runs; raise LocalError when another process has locked it.

    what: is written into the file, for the error of other processes. The kernel frees the lock
    however the process ends. Yields whether the last process was killed while it had the lock.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LocalError(f"It already runs from this folder: {file.read().strip()}") from None
        file.seek(0)
        was_killed = bool(file.read())
        file.truncate(0)
        file.write(f"{what}\n")
        file.flush()
        try:
            yield was_killed
        finally:
            file.truncate(0)


def _becomes_free(port: int, *, timeout_seconds: float) -> bool:
    """Wait until a port is free; the processes of a killed run need seconds to end."""
    deadline = time.monotonic() + timeout_seconds
    while not is_free(port) or is_listening(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def say(line: str) -> None:
    """Print a line; a terminal that is gone is no error."""
    with contextlib.suppress(OSError):
        print(line, flush=True)
