"""The WSGI application: charsets, and the rest of refused bodies."""

import json
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.servers.basehttp import get_internal_wsgi_application

from operators import services
from operators.models import Operator
from tests.factories import OperatorFactory

pytestmark = pytest.mark.django_db

CHARSETS = [
    "", "; charset=utf-8", '; Charset="UTF-8"', "; charset=latin-1", "; charset=hex",
    ";charset=zlib", "; x=y; CHARSET = rot13 ; z", "; charset*=utf-8''hex", "; charset=idna",
    "; charset=undefined", "; charset=punycode", "; charset=no-such",
]  # fmt: skip


def call(
    method: str, path: str, content: bytes = b"", body: BytesIO | None = None, **environ: str
) -> tuple[int, Any]:
    """Return status and JSON of the answer; `body` is a stream that replaces the content."""
    environment: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "x=%d0%b0%ff",
        "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": body or BytesIO(content),
        **environ,
    }
    setup_testing_defaults(environment)
    # Only now, because it makes the static files' storage, which the tests replace first.
    application: Any = get_internal_wsgi_application()
    statuses: list[str] = []
    answer = b"".join(application(environment, lambda status, headers: statuses.append(status)))
    return int(statuses[0].split()[0]), json.loads(answer)


@pytest.mark.parametrize("charset", CHARSETS)
def test_no_charset_breaks_a_request(charset: str) -> None:
    content_type = f"application/json{charset}"

    assert call("GET", "/healthz", CONTENT_TYPE=content_type) == (200, {"status": "ok"})
    assert call("GET", "/nope", CONTENT_TYPE=content_type)[0] == 404


def test_a_request_without_a_content_type_is_answered() -> None:
    assert call("GET", "/healthz") == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("announced", [200_000, 60_000_000])
def test_a_refused_body_is_read_to_its_end_before_the_answer(announced: int) -> None:
    body = BytesIO(b" " * 200_000)

    status, answer = call(
        "POST", "/requests/webhook/email/", body=body, CONTENT_LENGTH=str(announced)
    )

    assert (status, answer["error"]["code"]) == (401, "authentication_failed")
    assert body.tell() == 200_000


class ClosedConnection(BytesIO):
    """The body of a caller that has closed the connection."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise ConnectionResetError


def test_a_caller_that_has_closed_the_connection_causes_no_error() -> None:
    assert call("GET", "/healthz", body=ClosedConnection(b"x")) == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
def test_a_body_is_read_as_utf8_whatever_charset_is_named() -> None:
    token = services.issue_token(operator=OperatorFactory.create(is_supervisor=True))[1]
    body = '{"operator_id": %d, "operator_name": "Мария"}'

    answers = [
        call(
            "POST",
            "/ops/support_ops/",
            (body % (700_000 + number)).encode(),
            CONTENT_TYPE=f"application/json{charset}",
            HTTP_AUTHORIZATION=f"Token {token}",
        )
        for number, charset in enumerate(CHARSETS)
    ]
    status, refused = call(
        "POST",
        "/ops/support_ops/",
        (body % 800_000).encode("windows-1251"),
        CONTENT_TYPE="application/json; charset=windows-1251",
        HTTP_AUTHORIZATION=f"Token {token}",
    )

    assert [(code, answer["operator_name"]) for code, answer in answers] == [(201, "Мария")] * len(
        CHARSETS
    )
    assert (status, refused["error"]["code"]) == (400, "parse_error")
    assert not Operator.objects.filter(pk=800_000).exists()
