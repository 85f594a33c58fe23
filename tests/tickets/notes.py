"""Requests about notes."""

from typing import Any

from rest_framework.test import APIClient

from tickets.models import Ticket


def path(ticket: Ticket, note: Any = None) -> str:
    return f"/requests/user_requests/{ticket.pk}/notes/" + (f"{note}/" if note else "")


def add(client: APIClient, ticket: Ticket, text: object) -> Any:
    return client.post(path(ticket), {"text": text}, format="json", HTTP_ACCEPT_LANGUAGE="en")


def edit(client: APIClient, ticket: Ticket, note: int, text: object) -> Any:
    return client.patch(
        path(ticket, note), {"text": text}, format="json", HTTP_ACCEPT_LANGUAGE="en"
    )
