"""Django's own error pages are JSON in the caller's language, too."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from operators.models import Operator
from tests.responses import error_of

TICKETS = "/requests/user_requests/"


@pytest.mark.parametrize(
    "path",
    ["/nope", "/requests/", "/mgs/requests/abc/mgs/", "/%ff", "/%00", "/admin/nope/", "/docs/nope",
     "/mgs/requests/1/mgs/create/", "/.env", "/static/nope.css"],
)  # fmt: skip
def test_an_unknown_address_is_404(client: Client, path: str) -> None:
    answer = client.get(path, headers={"accept-language": "en"})

    if path == "/admin/nope/":  # the admin redirects to its sign-in
        assert answer.status_code == 302
    else:
        message = "There is nothing at this address; /docs/ lists what is."
        assert error_of(answer, 404, "not_found")["message"] == message


@pytest.mark.parametrize("host", ["evil.example", "a b", "[::1", "\xff", "localhost/../"])
@pytest.mark.parametrize("path", ["/", TICKETS, "/docs/"])
def test_an_unknown_host_is_400(client: Client, host: str, path: str) -> None:
    answer = client.get(path, headers={"host": host, "accept-language": "en"})

    message = "The request is malformed or names an unknown host."
    assert error_of(answer, 400, "bad_request")["message"] == message


def test_an_expired_form_is_403() -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/admin/login/", {"username": "1"}, headers={"accept-language": "en"})

    error = error_of(answer, 403, "csrf_failed")
    assert error["message"] == "The form has expired; reload the page and send it again."


def test_too_many_form_fields_are_400(client: Client, db: None) -> None:
    answer = client.post("/admin/login/", {f"field{number}": "" for number in range(1001)})

    error_of(answer, 400, "bad_request")


def test_a_forbidden_page_of_the_admin_is_403(client: Client, supervisor: Operator) -> None:
    client.force_login(supervisor)

    answer = client.get("/admin/tickets/ticket/add/", headers={"accept-language": "en"})

    assert error_of(answer, 403, "permission_denied")["message"] == "You may not do this."


@pytest.mark.parametrize("path", ["/requests/user_requests", "/ops/support_ops"])
def test_a_missing_slash_is_redirected(api: APIClient, path: str) -> None:
    answer = api.get(f"{path}?page_size=2")

    assert (answer.status_code, answer.headers["Location"]) == (301, f"{path}/?page_size=2")


def test_options_need_a_token_like_any_other_method(db: None, api: APIClient) -> None:
    error_of(APIClient().options(TICKETS), 401, "not_authenticated")
    assert api.options(TICKETS).status_code == 200
