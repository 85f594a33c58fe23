"""The checks, in their order; the first paragraph of a docstring is printed for its check."""

import re
from concurrent.futures import ThreadPoolExecutor

from tests.compose import faults, flow
from tests.compose.client import WEBHOOK, Answer, call, post_mails
from tests.compose.stack import Stack, StackError, eventually
from tests.paths import ROOT

OURS = ("nginx", "web", "worker-inbox", "worker-mail", "beat")
RUNNING = (*OURS, "postgres", "redis")


def an_unfilled_sample_stops_the_start(stack: Stack) -> None:
    """An unfilled .env.sample stops the start and names what is missing."""
    message = ""
    try:
        stack.compose("config", "--quiet", env_file=ROOT / ".env.sample")
    except StackError as error:
        message = str(error)
    assert re.search(r"required variable [A-Z_]+ is missing a value", message), message


def the_image_builds(stack: Stack) -> None:
    """The image is built from the lock file, only from wheels with known hashes."""
    stack.compose("build", seconds=1200)


def every_service_becomes_healthy(stack: Stack) -> None:
    """All services start and become healthy; migrate has ended with status 0."""
    stack.compose("up", "--detach", seconds=300)
    for service in RUNNING:
        eventually(f"{service} is healthy", lambda name=service: stack.health(name) == "healthy")  # type: ignore[misc]  # the loop's variable
    assert stack.container("migrate")["State"]["ExitCode"] == 0
    for service in OURS:
        assert stack.container(service)["RestartCount"] == 0, f"{service} was restarted"
    assert call(stack, "GET", "/healthz").json == {"status": "ok"}


def only_nginx_is_published(stack: Stack) -> None:
    """Only nginx is published, and PostgreSQL and Redis cannot reach other networks."""
    published = {
        container["Service"]
        for container in stack.containers()
        for port in container.get("Publishers") or []
        if port["PublishedPort"]
    }
    assert published == {"nginx"}, published
    for service in ("postgres", "redis"):
        networks = stack.container(service)["NetworkSettings"]["Networks"]
        assert set(networks) == {f"{stack.name}_data"}, networks


def nothing_runs_as_root(stack: Stack) -> None:
    """No service runs as root, gains rights or writes to its image; there is no compiler or pip."""
    for service in OURS:
        assert stack.inside(service, "id", "-u") not in ("", "0"), f"{service} runs as root"
        settings = stack.container(service)["HostConfig"]
        assert settings["ReadonlyRootfs"], service
        assert settings["CapDrop"] == ["ALL"], service
        assert "no-new-privileges:true" in settings["SecurityOpt"], service
    tools = stack.inside(
        "web", "sh", "-c", "for tool in gcc cc g++ make; do command -v $tool; done; true"
    )
    assert tools == "", tools
    pip = stack.inside("web", "sh", "-c", "python -c 'import pip' 2>/dev/null && echo yes || true")
    assert pip == "", "pip is installed"
    assert stack.inside("web", "sh", "-c", "touch /app/x 2>/dev/null || echo no") == "no"


def redis_loses_nothing(stack: Stack) -> None:
    """Redis requires its password, writes an AOF, and evicts nothing when its memory is full."""
    assert stack.redis("config", "get", "appendonly").split()[-1] == "yes"
    assert stack.redis("config", "get", "maxmemory-policy").split()[-1] == "noeviction"
    answer = stack.inside("redis", "env", "-u", "REDISCLI_AUTH", "redis-cli", "dbsize")
    assert "NOAUTH" in answer, answer


def no_command_line_holds_a_secret(stack: Stack) -> None:
    """No command line of a process in a container holds a secret."""
    for service in RUNNING:
        lines = stack.inside(service, "sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "WEBHOOK_SECRETS"):
            assert stack.values[name] not in lines, (service, name)


def postgres_uses_utf8(stack: Stack) -> None:
    """PostgreSQL is UTF-8 and lower-cases Cyrillic letters."""
    query = "SELECT current_setting('server_encoding'), lower('Ж')"
    answer = stack.inside("postgres", "psql", "-U", "servicedesk", "-Atc", query)
    assert answer == "UTF8|ж", answer


def a_wrong_signature_is_refused(stack: Stack) -> None:
    """A wrong signature is answered 401, and counted under the client's real address.

    nginx overwrites X-Forwarded-For, so that a client cannot choose the address.
    """
    for name in ("X-Forwarded-For", "X-Real-IP", "X_Forwarded_For", "Forwarded"):
        answer = post_mails(stack, [b"x"], key=b"k" * 32, headers={name: "203.0.113.7"})
        assert answer.status == 401, answer
        assert answer.json["error"]["code"] == "authentication_failed", answer.content
    keys = stack.redis("-n", "0", "keys", "*failures:signature:*").split()
    assert len(keys) == 1, keys
    assert "203.0.113.7" not in keys[0], keys


def bodies_are_limited(stack: Stack) -> None:
    """Larger bodies than 50 MB on the webhook, and 1 MB elsewhere, are answered 413 in JSON."""
    assert post_mails(stack, [], padding=49 * 2**20).status == 202
    _assert_error(post_mails(stack, [], padding=51 * 2**20), 413, "payload_too_large")
    for path in ("/requests/webhook/email/reconcile/", "/ops/support_ops/", "/admin/login/"):
        _assert_error(call(stack, "POST", path, b" " * 2**21), 413, "payload_too_large")


def security_headers_are_sent_once(stack: Stack) -> None:
    """Every page, API answer, static file and error of nginx has each security header once."""
    start = call(stack, "GET", "/")
    static = re.findall(r"/static/[^\"]+", start.content.decode())[0]
    for path in ("/", "/docs/", "/admin/login/", "/ops/support_ops/", "/metrics", static):
        answer = call(stack, "GET", path)
        assert answer.all("X-Content-Type-Options") == ["nosniff"], path
        assert answer.all("X-Frame-Options") == ["DENY"], path
        assert answer.all("Referrer-Policy") == ["same-origin"], path
        assert answer.all("Cross-Origin-Opener-Policy") == ["same-origin"], path
        (policy,) = answer.all("Content-Security-Policy")
        assert "default-src 'none'" in policy, path
        assert answer.all("Server") == ["nginx"], path


def static_files_are_compressed_and_cached(stack: Stack) -> None:
    """The static files of the start page, /docs/ and /admin/ are compressed, and may be cached."""
    for page in ("/", "/docs/", "/admin/login/"):
        links = re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", _page(stack, page))
        assert links, page
        for link in links:
            answer = call(stack, "GET", link, headers={"Accept-Encoding": "gzip"})
            assert answer.status == 200, link
            assert "immutable" in (answer.headers["Cache-Control"] or ""), link
            if link.endswith((".js", ".css")):
                assert answer.headers["Content-Encoding"] == "gzip", link
    assert call(stack, "GET", "/docs/swagger.json").json["swagger"] == "2.0"


def monitoring_is_not_public(stack: Stack) -> None:
    """/metrics and /readyz are not public, however they are spelled; web itself answers them."""
    for path in ("/metrics", "/readyz", "//metrics", "/%6detrics", "/x/../metrics", "/metrics?x"):
        assert call(stack, "GET", path).status == 404, path
    script = "import urllib.request as r; print(r.urlopen('http://web:8000/{}').read().decode())"
    assert "servicedesk_tickets" in stack.inside("web", "python", "-c", script.format("metrics"))
    assert '"problems": []' in stack.inside("web", "python", "-c", script.format("readyz"))


def sign_in_works_and_is_limited(stack: Stack) -> None:
    """A supervisor signs in to /admin/; guessing passwords ends in 429."""
    _page(stack, "/admin/login/")
    shell = (
        "from operators.models import Operator; ann = Operator.objects.get(pk=1);"
        "ann.set_password('correct horse battery'); ann.save()"
    )
    stack.inside("web", "python", "manage.py", "shell", "-c", shell)
    assert flow.sign_in(stack, "correct horse battery") == 302
    answers = [call(stack, "POST", "/admin/login/", b"") for _ in range(15)]
    assert {answer.status for answer in answers} == {403, 429}
    _assert_error(answers[-1], 429, "throttled")


def floods_are_limited(stack: Stack) -> None:
    """A flood gets 429 in JSON with Retry-After, translated, despite spoofed headers."""

    def request(number: int) -> Answer:
        spoofed = {"X-Forwarded-For": f"203.0.113.{number}", "Accept-Language": "ru"}
        return call(stack, "GET", "/ops/support_ops/", b"", spoofed)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(request, range(150)))
    refused = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {401, 429}
    assert len(refused) > 50, len(refused)
    _assert_error(refused[0], 429, "throttled")
    assert refused[0].headers["Retry-After"] == "5"
    assert "Слишком много" in refused[0].json["error"]["message"]
    posts = [call(stack, "POST", WEBHOOK, b"{}").status for _ in range(60)]
    assert set(posts) == {401, 429}, posts
    eventually("the flood is over", lambda: call(stack, "GET", "/").status == 200)
    eventually("the webhook's flood is over", lambda: post_mails(stack, []).status == 202)


def _page(stack: Stack, path: str) -> str:
    answer = call(stack, "GET", path)
    assert answer.status == 200, (path, answer.status)
    return answer.content.decode()


def _assert_error(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status, (answer.status, answer.content[:200])
    assert (answer.headers["Content-Type"] or "").startswith("application/json")
    error = answer.json["error"]
    assert error["code"] == code, error
    assert error["message"], error
    assert error["fields"] == {}, error


ALL = (
    an_unfilled_sample_stops_the_start,
    the_image_builds,
    every_service_becomes_healthy,
    only_nginx_is_published,
    nothing_runs_as_root,
    redis_loses_nothing,
    no_command_line_holds_a_secret,
    postgres_uses_utf8,
    flow.a_supervisor_is_created,
    flow.a_mail_becomes_a_ticket_and_an_answer,
    a_wrong_signature_is_refused,
    bodies_are_limited,
    security_headers_are_sent_once,
    static_files_are_compressed_and_cached,
    monitoring_is_not_public,
    sign_in_works_and_is_limited,
    floods_are_limited,
    faults.killed_services_are_restarted,
    faults.a_restarted_redis_keeps_its_queue,
    faults.without_redis_mail_is_accepted,
    faults.without_postgres_mail_is_refused,
    faults.web_can_be_replaced_and_scaled,
    faults.data_survive_their_containers,
    faults.a_backup_is_restored,
    faults.a_trusted_proxy_is_believed,
)
