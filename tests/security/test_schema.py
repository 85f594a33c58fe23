"""Fuzz the API by its published schema: no 5xx, and every response is documented.

`SCHEMA_EXAMPLES=500 pytest tests/security/test_schema.py` tries more per operation and caller.
"""

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from operators import services
from tests.security.world import World
from tests.webhook import signature_headers

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600), pytest.mark.slow]

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "12"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

Start = Callable[..., Any]


class Authenticated:
    """A WSGI application that adds a token to each request, and a signature for the webhook."""

    def __init__(self) -> None:
        self._django = get_wsgi_application()
        self.token = ""
        self.statuses: list[int] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        environ["HTTP_AUTHORIZATION"] = f"Token {self.token}"
        if environ["PATH_INFO"].startswith("/requests/webhook/"):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            for name, value in signature_headers(body).items():
                environ[f"HTTP_{name.upper().replace('-', '_')}"] = value

        def record_status(status: str, headers: Any, *rest: Any) -> Any:
            self.statuses.append(int(status.split()[0]))
            return start(status, headers, *rest)

        return self._django(environ, record_status)


def operations() -> list[tuple[str, str]]:
    """Return the methods and paths of all operations in the schema."""
    paths = json.loads(Client().get("/docs/swagger.json", HTTP_HOST="localhost").content)["paths"]
    return sorted(
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if method != "parameters"
    )


OPERATIONS = operations()


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Keep the service in this test's transaction, as Django's test client does."""
    ends = (request_started, request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


def existing_parameters(world: World, operation: tuple[str, str]) -> dict[str, Any]:
    """Return path parameters that name existing rows, such as the operation needs."""
    path = operation[1]
    asked_id = {
        "/mail/inbox/": world.quarantined.pk,
        "/mail/outbox/": world.queued.pk if path.endswith("cancel") else world.failed.pk,
        "/mgs/": world.message.pk,
    }
    taken = world.taken.pk
    of_status = {
        "progress/": world.ticket.pk,
        "/reopen/": world.closed.pk,
        "/unmerge/": world.merged.pk,
    }
    return {
        "id": next((pk for start, pk in asked_id.items() if path.startswith(start)), 1),
        "request_id": next((pk for end, pk in of_status.items() if path.endswith(end)), taken),
        "operator_id": world.other.pk if path.startswith("/ops/support_ops/") else world.me.pk,
        "token_id": str(world.token.token_id),
        "file_id": world.file.pk,
        "message_id": world.scheduled.pk,
        "note_id": world.note.pk,
        "template_id": world.template.pk,
        "requester_id": world.ticket.requester_id,
        "participant_id": world.participant.pk,
        "block_id": world.block.pk,
    }


@pytest.mark.parametrize("caller", ["supervisor", "operator"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_every_answer_is_documented(caller: str, operation: tuple[str, str]) -> None:
    world = World()
    service = Authenticated()
    who = world.boss if caller == "supervisor" else world.me
    service.token = services.issue_token(operator=who)[1]
    schema = schemathesis.openapi.from_wsgi("/docs/swagger.json", service)
    method, path = operation
    existing = existing_parameters(world, operation)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(), named=st.booleans())
    def answers(case: Any, named: bool) -> None:
        if named:
            for name in case.path_parameters:
                case.path_parameters[name] = existing[name]
        cache.clear()
        with transaction.atomic():
            answer = case.call()
            without_body = [content_type_conformance] if answer.status_code in (204, 304) else []
            case.validate_response(answer, checks=CHECKS, excluded_checks=without_body)
            transaction.set_rollback(True)

    answers()

    assert len(service.statuses) > EXAMPLES // 2
    assert max(service.statuses) < 500


def test_all_of_the_schema_is_tried() -> None:
    assert len(OPERATIONS) >= 26
