"""Whatever the published schema allows or forbids: no 5xx, and answers as the schema says.

SCHEMA_EXAMPLES=500 tries longer than the suite has time for.
"""

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from operators import services
from operators.models import Operator
from tests.factories import InboundEmailFactory, OutboundEmailFactory, TicketFactory
from tests.letters import signed
from tickets import services as ticket_services

pytestmark = pytest.mark.django_db

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "12"))


_token = [""]  # of the supervisor who calls


def as_the_script(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Sign what goes to the webhook, as only the Apps Script can; the rest has a token."""
    environ["HTTP_AUTHORIZATION"] = f"Token {_token[0]}"
    if environ["PATH_INFO"].startswith("/requests/webhook/"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        for name, value in signed(body, webhook_id=f"msg_{uuid.uuid4().hex}").items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return application(environ, start_response)


schema = schemathesis.openapi.from_wsgi("/docs/swagger.json", as_the_script)


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Keep the test's connection through a request, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def desk(supervisor: Operator, _one_connection: None) -> None:
    """A desk that has some of everything, and a supervisor's token."""
    for state in ("queued", "failed"):
        OutboundEmailFactory.create(state=state, reason="refused: 550")
    InboundEmailFactory.create()
    ticket = TicketFactory.create(taken=True)
    ticket_services.reply(ticket_id=ticket.pk, by=supervisor, title="Re", text="Hello")
    _row, _token[0] = services.issue_token(operator=supervisor)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_the_schema_holds(case: Any, desk: None) -> None:
    response = case.call()

    case.validate_response(response, checks=CHECKS)
    assert response.status_code != 401
