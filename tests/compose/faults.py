"""Killed, restarted and replaced containers, and another proxy in front."""

import time
from typing import Any

from tests.compose.client import call, mail, post_mails
from tests.compose.flow import mails_to, open_ticket, tickets
from tests.compose.stack import Stack, eventually

# Kills the processes that the container's init has started; for Docker that is a crash.
KILL = """
import os, signal
for name in filter(str.isdigit, os.listdir("/proc")):
    try:
        parent = open(f"/proc/{name}/stat").read().rpartition(")")[2].split()[1]
    except OSError:
        continue
    if parent == "1":
        os.kill(int(name), signal.SIGKILL)
"""


def killed_services_are_restarted(stack: Stack) -> None:
    """Workers, beat and web are restarted after kill -9, and mail is processed again."""
    for service in ("worker-inbox", "worker-mail", "beat", "web"):
        stack.compose("exec", "--detach", service, "python", "-c", KILL)
    for service in ("worker-inbox", "worker-mail", "beat", "web"):
        eventually(f"{service} is restarted", lambda name=service: _was_restarted(stack, name))  # type: ignore[misc]  # the loop's variable
    eventually("the API answers", lambda: call(stack, "GET", "/").status == 200)
    open_ticket(stack, "killed@client.example", "After the crash", "Is anybody there?")
    eventually("the answer to it", lambda: mails_to(stack, "killed@client.example"), seconds=60)


def a_restarted_redis_keeps_its_queue(stack: Stack) -> None:
    """Redis keeps its queue over a restart, and every accepted mail becomes a ticket."""
    stack.compose("stop", "worker-inbox", "worker-mail", "beat", seconds=120)
    before = len(tickets(stack))
    mails = [mail(f"queued-{n}@client.example", f"Queued {n}", "Text.") for n in range(10)]
    for raw in mails:
        assert post_mails(stack, [raw]).status == 202
    time.sleep(2)  # the messages are published by threads of their own
    length = int(stack.redis("llen", "inbox"))
    assert length > 0
    stack.compose("restart", "redis")
    eventually("Redis is healthy", lambda: stack.health("redis") == "healthy")
    assert int(stack.redis("llen", "inbox")) == length
    assert len(tickets(stack)) == before
    stack.compose("start", "worker-inbox", "worker-mail", "beat")
    eventually("ten tickets", lambda: len(tickets(stack)) == before + 10)
    for n in range(10):
        eventually(f"answer {n}", lambda n=n: mails_to(stack, f"queued-{n}@client.example"))  # type: ignore[misc]  # the loop's variable


def without_redis_mail_is_accepted(stack: Stack) -> None:
    """Without Redis mail is accepted as fast as with it, and answered when Redis is back."""
    stack.compose("stop", "redis")
    began = time.monotonic()
    raw = mail("no-redis@client.example", "Without Redis", "Text.")
    assert post_mails(stack, [raw]).status == 202
    assert time.monotonic() - began < 2
    stack.compose("start", "redis")
    eventually("the answer", lambda: mails_to(stack, "no-redis@client.example"), seconds=90)


def without_postgres_mail_is_refused(stack: Stack) -> None:
    """Without PostgreSQL mail is refused with 503, and accepted when it is posted again later."""
    raw = mail("no-postgres@client.example", "Without PostgreSQL", "Text.")
    stack.compose("stop", "postgres")
    refused = post_mails(stack, [raw])
    assert (refused.status, refused.json["error"]["code"]) == (503, "unavailable"), refused
    assert refused.headers["Retry-After"] == "5"
    stack.compose("start", "postgres")
    eventually("it is accepted", lambda: post_mails(stack, [raw]).status == 202)
    eventually("the answer", lambda: mails_to(stack, "no-postgres@client.example"), seconds=90)


def web_can_be_replaced_and_scaled(stack: Stack) -> None:
    """Web can be stopped, scaled and replaced behind a running nginx; meanwhile 502 is JSON."""
    stack.compose("stop", "web")
    answer = call(stack, "GET", "/ops/support_ops/")
    assert answer.status in (502, 504), answer
    assert answer.json["error"]["code"] in ("unavailable", "timeout"), answer.content
    assert answer.headers["Retry-After"] == "5"
    stack.compose("up", "--detach", "--scale", "web=2", "--force-recreate", "--no-deps", "web")
    eventually("web answers", lambda: call(stack, "GET", "/ops/support_ops/").status == 200)
    stack.compose("up", "--detach", "--scale", "web=1", "--no-deps", "web")
    eventually("web answers", lambda: call(stack, "GET", "/ops/support_ops/").status == 200)


def data_survive_their_containers(stack: Stack) -> None:
    """Stored data survive `down` and `up`."""
    numbers = sorted(ticket["request_id"] for ticket in tickets(stack))
    stack.redis("set", "kept", "yes")
    stack.compose("down", seconds=200)
    stack.compose("up", "--detach", seconds=200)
    eventually("web answers", lambda: call(stack, "GET", "/").status == 200)
    assert sorted(ticket["request_id"] for ticket in tickets(stack)) == numbers
    assert stack.redis("get", "kept") == "yes"


def a_trusted_proxy_is_believed(stack: Stack) -> None:
    """With HTTPS=true the headers of TRUSTED_PROXY decide on scheme and client address."""
    networks: dict[str, Any] = stack.container("nginx")["NetworkSettings"]["Networks"]
    gateway = networks[f"{stack.name}_outside"]["Gateway"]
    stack.configure(HTTPS="true", TRUSTED_PROXY=gateway)
    stack.compose("up", "--detach", seconds=200)
    eventually("nginx is healthy", lambda: stack.health("nginx") == "healthy")
    plain = call(stack, "GET", "/ops/support_ops/")
    assert plain.status == 301, plain
    assert (plain.headers["Location"] or "").startswith("https://127.0.0.1"), plain.headers
    assert call(stack, "GET", "/healthz").status == 200
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    secure = call(stack, "GET", "/ops/support_ops/", headers=proxied)
    assert secure.status == 200, secure
    assert secure.all("Strict-Transport-Security") != [], secure.headers
    assert post_mails(stack, [], key=b"k" * 32, headers=proxied).status == 401
    keys = stack.redis("keys", "*failures:signature:203.0.113.9").split()
    assert len(keys) == 1, "the address that the proxy added last is not used"


def _was_restarted(stack: Stack, service: str) -> bool:
    container = stack.container(service)
    state = container["State"]["Health"]["Status"]
    return bool(container["RestartCount"] and state == "healthy")


def a_backup_is_restored(stack: Stack) -> None:
    """The doctor finds no problem, and the documented backup is restored into an empty database."""
    eventually("the doctor finds no problem", lambda: _doctor(stack) == "")
    tickets = "SELECT count(*), sum(message_count) FROM tickets_ticket"
    backup = stack.folder / "backup.tar"
    run = ("run", "--rm", "-T", "--no-deps")
    stack.piped(*run, "web", "python", "manage.py", "backup", "-", into=backup)
    stack.inside("postgres", "createdb", "-U", "servicedesk", "restored")
    elsewhere = ("-e", "POSTGRES_DB=restored", "-e", "FILES_ROOT=/tmp/restored")
    output = stack.piped(
        *run, *elsewhere, "web", "python", "manage.py", "restore", "-", source=backup
    )
    assert output.startswith("Restored the backup of "), output
    query = ("psql", "-U", "servicedesk", "-Atc", tickets, "-d")
    before, after = (stack.inside("postgres", *query, name) for name in ("servicedesk", "restored"))
    assert before == after != "0|", (before, after)


def _doctor(stack: Stack) -> str:
    """Return the doctor's advice, from the container that can reach the mail server."""
    shell = "python manage.py doctor || true"
    lines = stack.inside("watch", "sh", "-c", shell).splitlines()
    return "".join(line for line in lines if not line.endswith(" ok"))
