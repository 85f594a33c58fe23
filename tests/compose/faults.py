"""Killed, restarted and replaced containers, and another proxy in front."""

import time
from typing import Any

from tests.compose.client import call, mail, post_mails
from tests.compose.flow import mails_to, open_ticket, tickets
from tests.compose.stack import Stack, eventually

# Ends what the container's init started, from inside: for Docker a crash like any other.
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


def killed_workers_come_back(stack: Stack) -> None:
    """Workers, beat and web, ended by kill -9, come back by themselves, and mail goes on."""
    for service in ("worker-inbox", "worker-mail", "beat", "web"):
        stack.compose("exec", "--detach", service, "python", "-c", KILL)
    for service in ("worker-inbox", "worker-mail", "beat", "web"):
        eventually(f"{service} is restarted", lambda name=service: _came_back(stack, name))  # type: ignore[misc]  # the loop's variable
    eventually("the API answers", lambda: call(stack, "GET", "/").status == 200)
    open_ticket(stack, "killed@client.example", "After the crash", "Is anybody there?")
    eventually("the answer to it", lambda: mails_to(stack, "killed@client.example"), seconds=60)


def a_restarted_redis_has_its_queue(stack: Stack) -> None:
    """Redis, restarted with a full queue, has it all, and every accepted mail becomes a ticket."""
    stack.compose("stop", "worker-inbox", "worker-mail", "beat", seconds=120)
    before = len(tickets(stack))
    letters = [mail(f"queued-{n}@client.example", f"Queued {n}", "Text.") for n in range(10)]
    for letter in letters:
        assert post_mails(stack, [letter]).status == 202
    time.sleep(2)  # the nudges go by threads of their own
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


def without_redis_mail_is_taken(stack: Stack) -> None:
    """Without Redis mail is taken as fast as ever, and answered when Redis is back."""
    stack.compose("stop", "redis")
    began = time.monotonic()
    letter = mail("no-redis@client.example", "Without Redis", "Text.")
    assert post_mails(stack, [letter]).status == 202
    assert time.monotonic() - began < 2
    stack.compose("start", "redis")
    eventually("the answer", lambda: mails_to(stack, "no-redis@client.example"), seconds=90)


def without_postgres_mail_is_refused(stack: Stack) -> None:
    """Without PostgreSQL mail is refused with 503, so that it is posted again, and then taken."""
    letter = mail("no-postgres@client.example", "Without PostgreSQL", "Text.")
    stack.compose("stop", "postgres")
    refused = post_mails(stack, [letter])
    assert (refused.status, refused.json["error"]["code"]) == (503, "unavailable"), refused
    assert refused.headers["Retry-After"] == "5"
    stack.compose("start", "postgres")
    eventually("it is taken", lambda: post_mails(stack, [letter]).status == 202)
    eventually("the answer", lambda: mails_to(stack, "no-postgres@client.example"), seconds=90)


def web_may_be_replaced_and_scaled(stack: Stack) -> None:
    """Web may be stopped, scaled and replaced behind a running nginx; meanwhile 502 is JSON."""
    stack.compose("stop", "web")
    answer = call(stack, "GET", "/ops/support_ops/")
    assert answer.status in (502, 504), answer
    assert answer.json["error"]["code"] in ("unavailable", "timeout"), answer.content
    assert answer.headers["Retry-After"] == "5"
    stack.compose("up", "--detach", "--scale", "web=2", "--force-recreate", "--no-deps", "web")
    eventually("web answers", lambda: call(stack, "GET", "/ops/support_ops/").status == 200)
    stack.compose("up", "--detach", "--scale", "web=1", "--no-deps", "web")
    eventually("web answers", lambda: call(stack, "GET", "/ops/support_ops/").status == 200)


def everything_outlives_its_containers(stack: Stack) -> None:
    """What is stored outlives the containers: down, and up again."""
    numbers = sorted(one["request_id"] for one in tickets(stack))
    stack.redis("set", "kept", "yes")
    stack.compose("down", seconds=200)
    stack.compose("up", "--detach", seconds=200)
    eventually("web answers", lambda: call(stack, "GET", "/").status == 200)
    assert sorted(one["request_id"] for one in tickets(stack)) == numbers
    assert stack.redis("get", "kept") == "yes"


def a_proxy_in_front_is_believed(stack: Stack) -> None:
    """With HTTPS=true and the proxy's address told, its word on client and scheme is taken."""
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
    assert len(keys) == 1, "the proxy's last word on the client is not taken"


def _came_back(stack: Stack, service: str) -> bool:
    container = stack.container(service)
    state = container["State"]["Health"]["Status"]
    return bool(container["RestartCount"] and state == "healthy")


def a_backup_is_restored(stack: Stack) -> None:
    """The doctor finds nothing, and the documented backup comes back in an empty place."""
    eventually("the doctor finds nothing", lambda: _doctor(stack) == "")
    tickets = "SELECT count(*), sum(message_count) FROM tickets_ticket"
    backup = stack.folder / "backup.tar"
    run = ("run", "--rm", "-T", "--no-deps")
    stack.piped(*run, "web", "python", "manage.py", "backup", "-", into=backup)
    stack.inside("postgres", "createdb", "-U", "servicedesk", "restored")
    elsewhere = ("-e", "POSTGRES_DB=restored", "-e", "FILES_ROOT=/tmp/restored")
    told = stack.piped(
        *run, *elsewhere, "web", "python", "manage.py", "restore", "-", source=backup
    )
    assert told.startswith("Restored the backup of "), told
    ask = ("psql", "-U", "servicedesk", "-Atc", tickets, "-d")
    before, after = (stack.inside("postgres", *ask, name) for name in ("servicedesk", "restored"))
    assert before == after != "0|", (before, after)


def _doctor(stack: Stack) -> str:
    """Return what the doctor advises, asked where the mail server is reached."""
    shell = "python manage.py doctor || true"
    lines = stack.inside("watch", "sh", "-c", shell).splitlines()
    return "".join(line for line in lines if not line.endswith(" ok"))
