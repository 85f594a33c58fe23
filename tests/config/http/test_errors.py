"""Errors of the API have one form, and are in the caller's language."""

import time
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
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


def test_the_error_about_a_malformed_body_is_translated(supervisor_api: APIClient) -> None:
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


def test_a_caller_that_does_not_accept_json_gets_406_in_json(api: APIClient) -> None:
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
def test_an_error_is_in_the_callers_language(db: None, languages: str, message: str) -> None:
    answer = APIClient(HTTP_ACCEPT_LANGUAGE=languages).get(TICKETS)

    assert error_of(answer, 401, "not_authenticated")["message"] == message


def test_field_errors_are_in_the_callers_language(supervisor_api: APIClient) -> None:
    answers = [
        supervisor_api.post("/ops/support_ops/", {}, format="json", HTTP_ACCEPT_LANGUAGE=language)
        for language in ("en", "ru")
    ]

    assert [answer.json()["error"]["fields"]["operator_id"] for answer in answers] == [
        ["This field is required."],
        ["Обязательное поле."],
    ]


def test_messages_that_drf_does_not_translate_are_in_russian(supervisor_api: APIClient) -> None:
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


def test_a_body_of_the_wrong_type_is_explained_in_the_message(supervisor_api: APIClient) -> None:
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


def test_without_the_database_a_valid_token_is_not_rejected(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from knox.auth import TokenAuthentication

    def fail(*args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(TokenAuthentication, "authenticate_credentials", fail)

    error_of(api.get(TICKETS), 503, "unavailable")


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_database_the_desk_answers_a_page_with_503(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    desk = Client(raise_request_exception=False)
    desk.force_login(operator)

    def fail(*args: Any) -> None:
        raise OperationalError("connection to server at 10.0.0.5, user servicedesk: failed")

    monkeypatch.setattr(SessionStore, "_get_session_from_db", fail)
    answer = getattr(desk, method)("/desk/", headers={"accept-language": "en"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "The database does not answer; nothing was stored." in answer.content.decode()
    assert "10.0.0.5" not in answer.content.decode()


def test_an_unforeseen_error_is_500_without_details(
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
