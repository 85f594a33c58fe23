"""Every response has one content security policy, as strict as its page allows."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from config.http.csp import DESK, DOCS, HEADER, NOTHING, PAGE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/", PAGE), ("/admin/login/", PAGE), ("/docs/", DOCS), ("/docs/swagger.json", NOTHING),
        ("/healthz", NOTHING), ("/metrics", NOTHING), ("/mail/inbox/", NOTHING),
        ("/desk/sign-in/", DESK), ("/nothing/", NOTHING), ("/static/admin/css/base.css", NOTHING),
    ],
)  # fmt: skip
def test_an_answer_has_its_policy(client: Client, path: str, policy: str) -> None:
    assert client.get(path).headers[HEADER] == policy


def test_no_policy_lets_foreign_or_inline_scripts_run() -> None:
    for policy in (PAGE, DESK, DOCS, NOTHING):
        directives = dict(part.split(" ", 1) for part in policy.split("; "))
        assert directives["default-src"] == "'none'"
        assert directives.get("script-src", "'none'") in {"'self'", "'none'"}
        assert directives.get("frame-src", "'none'") in {"'self'", "'none'"}
        assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
        assert "http" not in policy


def test_an_unknown_host_is_400_in_json(client: Client) -> None:
    answer = client.get("/", headers={"host": "evil.example"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert answer.headers[HEADER] == NOTHING


def test_a_form_without_its_csrf_token_is_403_in_json() -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/admin/login/", {"username": "1", "password": "x"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf_failed")


def test_pages_and_answers_are_framed_by_nobody(client: Client) -> None:
    for path in ("/", "/docs/", "/admin/login/", "/mail/inbox/", "/nothing/"):
        assert client.get(path).headers["X-Frame-Options"] == "DENY", path
        assert client.get(path).headers["X-Content-Type-Options"] == "nosniff", path


def test_the_apis_answers_are_for_no_other_site(api: APIClient) -> None:
    answer = api.get("/requests/user_requests/", headers={"origin": "https://evil.example"})

    assert not [name for name in answer.headers if name.startswith("Access-Control")]
