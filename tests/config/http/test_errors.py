"""Every error in its one form, in the caller's language, Django's own pages included."""

import time
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from rest_framework.test import APIClient

from mailing.webhook.signature import sign
from operators import services as operator_services
from operators.models import Operator
from tests.factories import TicketFactory
from tests.responses import error_of
from tests.services import WEBHOOK_KEY
from tickets import services as ticket_services
from tickets.models import Ticket

TICKETS = "/requests/user_requests/"


@pytest.mark.parametrize(
    "content",
    [
        b"", b" ", b"{", b"{'operator_id': 1}", b'{"operator_id": NaN}', b"Infinity",
        b'{"a": 1} {"b": 2}', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf{}", b'"\xd0"',
        b'{"operator_id": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"a":' * 100_000,
    ],
    ids=lambda content: ascii(content)[:20],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "/ops/support_ops/"),
        ("PATCH", "/ops/support_ops/{supervisor}/"),
        ("POST", "/mgs/requests/{ticket}/mgs/create"),
        ("PATCH", "/requests/user_requests/{ticket}/"),
    ],
)
def test_a_malformed_body_is_400(
    supervisor_api: APIClient, supervisor: Operator, method: str, url: str, content: bytes
) -> None:
    ticket = TicketFactory.create()
    url = url.format(supervisor=supervisor.pk, ticket=ticket.pk)

    answer = supervisor_api.generic(
        method,
        url,
        content,  # type: ignore[arg-type]  # it takes bytes
        content_type="application/json",
    )

    code = "invalid" if content == b"" else "parse_error"
    error_of(answer, 400, code)
    assert Operator.objects.count() == 1
    assert Ticket.objects.get().message_count == 0


def test_a_malformed_body_is_told_in_the_callers_language(supervisor_api: APIClient) -> None:
    messages = [
        error_of(
            supervisor_api.post(
                "/ops/support_ops/",
                "{",
                content_type="application/json",
                HTTP_ACCEPT_LANGUAGE=language,
            ),
            400,
            "parse_error",
        )["message"]
        for language in ("en", "ru")
    ]

    assert messages[0] == "The body is not valid JSON."
    assert messages[1] != ""


def test_a_form_is_415(supervisor_api: APIClient) -> None:
    body = {"operator_id": "7", "operator_name": "Мария"}

    answer = supervisor_api.post("/ops/support_ops/", body, format="multipart")

    error_of(answer, 415, "unsupported_media_type")
    assert Operator.objects.count() == 1


def test_a_body_beyond_the_limit_is_413(supervisor_api: APIClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = '{"operator_id": 7, "operator_name": "' + "x" * 1000 + '"}'

    answer = supervisor_api.post(
        "/ops/support_ops/", body, content_type="application/json", HTTP_ACCEPT_LANGUAGE="en"
    )

    error = error_of(answer, 413, "payload_too_large")
    assert error["message"] == "The request's body is too large; send it in smaller parts."
    assert Operator.objects.count() == 1


@pytest.mark.parametrize(
    "accept",
    ["application/json", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "application/*"],
)
def test_errors_are_json_whatever_is_accepted(db: None, accept: str) -> None:
    answer = APIClient(HTTP_ACCEPT=accept).get(TICKETS)

    error_of(answer, 401, "not_authenticated")


def test_what_cannot_be_answered_in_json_is_406_in_json(api: APIClient) -> None:
    answer = api.get(TICKETS, HTTP_ACCEPT="text/html")

    error_of(answer, 406, "not_acceptable")


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        ("en", "Authentication credentials were not provided."),
        ("en-GB,en;q=0.9,ru;q=0.1", "Authentication credentials were not provided."),
        ("ru", "Учетные данные не были предоставлены."),
        ("ru-RU,ru;q=0.9,en;q=0.8", "Учетные данные не были предоставлены."),
        ("de", "Учетные данные не были предоставлены."),
        ("", "Учетные данные не были предоставлены."),
        ("garbage;;;q=x,\xff", "Учетные данные не были предоставлены."),
    ],
)
def test_an_error_speaks_the_callers_language(db: None, languages: str, message: str) -> None:
    answer = APIClient(HTTP_ACCEPT_LANGUAGE=languages).get(TICKETS)

    assert error_of(answer, 401, "not_authenticated")["message"] == message


def test_fields_speak_the_callers_language(supervisor_api: APIClient) -> None:
    answers = [
        supervisor_api.post("/ops/support_ops/", {}, format="json", HTTP_ACCEPT_LANGUAGE=language)
        for language in ("en", "ru")
    ]

    assert [answer.json()["error"]["fields"]["operator_id"] for answer in answers] == [
        ["This field is required."],
        ["Обязательное поле."],
    ]


def test_what_drf_has_no_russian_for_is_told_in_russian_too(supervisor_api: APIClient) -> None:
    wrong = (
        '{"operator_id": 7, "operator_name": ["Maria"], "is_supervisor": "x", "email": "\\ud800"}'
    )

    answer = supervisor_api.post(
        "/ops/support_ops/", wrong, content_type="application/json", HTTP_ACCEPT_LANGUAGE="ru"
    )

    assert error_of(answer, 400, "invalid")["fields"] == {
        "operator_name": ["Здесь должна быть строка."],
        "email": [
            "Недопустимый символ: U+D800 — половина суррогатной пары.",
            "Введите правильный адрес электронной почты.",
        ],
        "is_supervisor": ["Здесь должно быть true или false."],
    }


def test_a_wrong_body_as_a_whole_is_told_in_the_message(supervisor_api: APIClient) -> None:
    answer = supervisor_api.post("/ops/support_ops/", [], format="json", HTTP_ACCEPT_LANGUAGE="en")

    problem = "Invalid data. Expected a dictionary, but got list."
    assert error_of(answer, 400, "invalid") == {
        "code": "invalid",
        "message": problem,
        "fields": {"non_field_errors": [problem]},
    }


def test_a_problem_inside_a_list_is_named_by_its_place(db: None) -> None:
    content = b'{"ids": ["18c2f0", {}, ["x"]]}'
    timestamp = str(int(time.time()))
    client = APIClient(
        HTTP_WEBHOOK_ID="call-1",
        HTTP_WEBHOOK_TIMESTAMP=timestamp,
        HTTP_WEBHOOK_SIGNATURE=sign(WEBHOOK_KEY, "call-1", timestamp, [content]),
        HTTP_ACCEPT_LANGUAGE="en",
    )

    answer = client.post(
        "/requests/webhook/email/reconcile/", content, content_type="application/json"
    )

    assert error_of(answer, 400, "invalid") == {
        "code": "invalid",
        "message": "The request is wrong in: ids.1, ids.2.",
        "fields": {"ids.1": ["Not a valid string."], "ids.2": ["Not a valid string."]},
    }


@pytest.mark.parametrize("failure", [OperationalError, InterfaceError])
@pytest.mark.parametrize("service", ["take_ticket", "close_ticket"])
def test_without_the_database_the_answer_is_503(
    api: APIClient,
    operator: Operator,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[Exception],
    service: str,
) -> None:
    ticket = TicketFactory.create()

    def fail(**kwargs: Any) -> None:
        raise failure("connection to server at 10.0.0.5, user servicedesk: failed")

    monkeypatch.setattr(ticket_services, service, fail)
    path = {"take_ticket": "progress", "close_ticket": "close"}[service]

    answer = api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/{path}/", HTTP_ACCEPT_LANGUAGE="en")

    error = error_of(answer, 503, "unavailable")
    assert error["message"] == "The database does not answer; nothing was stored. Try again soon."
    assert answer.headers["Retry-After"] == "5"


def test_without_the_database_nobody_is_taken_for_a_stranger(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from knox.auth import TokenAuthentication

    def fail(*args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(TokenAuthentication, "authenticate_credentials", fail)

    error_of(api.get(TICKETS), 503, "unavailable")


def test_a_fault_of_ours_is_500_without_a_trace(
    supervisor_api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(operator_services, "add_operator", fail)
    supervisor_api.raise_request_exception = False

    answer = supervisor_api.post(
        "/ops/support_ops/",
        {"operator_id": 7, "operator_name": "x"},
        format="json",
        HTTP_ACCEPT_LANGUAGE="en",
    )

    error = error_of(answer, 500, "server_error")
    assert error["message"] == "Something went wrong here; it has been logged."
    assert b"42" not in answer.content


@pytest.mark.parametrize(
    "path",
    ["/nope", "/requests/", "/mgs/requests/abc/mgs/", "/%ff", "/%00", "/admin/nope/", "/docs/nope",
     "/mgs/requests/1/mgs/create/", "/.env", "/static/nope.css"],
)  # fmt: skip
def test_an_unknown_address_is_404(client: Client, path: str) -> None:
    answer = client.get(path, headers={"accept-language": "en"})

    if path == "/admin/nope/":  # the admin first asks who is there
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
def test_a_missing_slash_leads_to_the_address(api: APIClient, path: str) -> None:
    answer = api.get(f"{path}?page_size=2")

    assert (answer.status_code, answer.headers["Location"]) == (301, f"{path}/?page_size=2")


def test_options_tell_no_more_than_the_caller_may_see(db: None, api: APIClient) -> None:
    error_of(APIClient().options(TICKETS), 401, "not_authenticated")
    assert api.options(TICKETS).status_code == 200
