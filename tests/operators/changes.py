"""Every change that the operators' API offers, as the table of access has it, for other tests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from rest_framework.permissions import SAFE_METHODS
from rest_framework.test import APIClient

from operators.models import IdempotencyKey
from tests.conftest import client_of
from tests.security.rows import BODIES, TABLE
from tests.security.rows.base import OK, SCRIPT, Row
from tests.security.world import World
from tickets.models import Ticket

KEY = "5e1c0c4e-6a3e-4f0e-9d58-2a5d3a8c9b10"
CHANGES = [
    row
    for row in TABLE
    if row.method not in SAFE_METHODS and row.who is not SCRIPT and not row.is_of_desk()
]


def change_name(row: Row) -> str:
    """Return how pytest names the test of a change."""
    return f"{row.method} {row.path}"


@dataclass
class Change:
    """A change of the table that can be made, with the same bytes each time."""

    row: Row
    world: World = field(default_factory=World)
    client: APIClient = field(init=False)
    path: str = field(init=False)
    content: bytes = b""
    content_type: str = "application/json"

    def __post_init__(self) -> None:
        is_operators = self.row.who["operator"] == OK
        self.client = client_of(self.world.me if is_operators else self.world.boss)
        self.path = self.world.path(self.row.path)
        given: Any = BODIES[self.row.body](self.world) if self.row.body else None
        if self.row.body == "file":
            self.content = encode_multipart(BOUNDARY, given)
            self.content_type = MULTIPART_CONTENT
        elif given is not None:
            self.content = json.dumps(given).encode()

    def make(self, headers: Mapping[str, str] | None = None) -> Any:
        """Make the change, and return the answer."""
        return self.client.generic(
            self.row.method,
            self.path,
            self.content,  # type: ignore[arg-type]  # bytes are taken as they are
            content_type=self.content_type,
            headers=headers,
        )


def database() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of our tables, without the kept answers."""
    models = [
        model
        for app in ("operators", "tickets", "mailing")
        for model in apps.get_app_config(app).get_models()
        if model is not IdempotencyKey
    ]
    return {
        model.__name__: [dict(row) for row in model._default_manager.order_by("pk").values()]
        for model in models
    }


def row_counts() -> dict[str, int]:
    """Return how many rows our tables have, without the kept answers."""
    return {name: len(rows) for name, rows in database().items()}


def add_note(client: APIClient, ticket: Ticket, text: str = "Guarantee", key: str = KEY) -> Any:
    """Add a note to a ticket under a key."""
    return client.post(
        f"/requests/user_requests/{ticket.pk}/notes/",
        {"text": text},
        format="json",
        headers={"Idempotency-Key": key, "Accept-Language": "en"},
    )
