"""Calls of the tickets API that several tests make."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from operators.models import Operator
from tickets.models import Ticket


def post_reply(
    client: APIClient,
    operator: Operator,
    ticket: Ticket,
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> Any:
    """Write to the ticket's requester; `fields` replace the fields of the request."""
    body = {
        "title": "Re",
        "description": "Here you are",
        "recipient_mail": ticket.requester.email,
        "operator_id": operator.pk,
        **fields,
    }
    url = f"/mgs/requests/{ticket.pk}/mgs/create"
    return client.post(url, body, format="json", headers=headers)


def post_files(client: APIClient, ticket: Ticket, *contents: bytes, name: str = "a.bin") -> Any:
    """Upload a file for each content, all under one name."""
    files = [SimpleUploadedFile(name, content, "text/x-claimed") for content in contents]
    return client.post(f"/mgs/requests/{ticket.pk}/files/", {"file": files}, format="multipart")


def upload_files(
    client: APIClient, ticket: Ticket, *contents: bytes, name: str = "a.bin"
) -> list[int]:
    """Upload files and return their ids."""
    answer = post_files(client, ticket, *contents, name=name)
    assert answer.status_code == 201, answer.content
    return [file["id"] for file in answer.json()]


def content_of(answer: Any) -> bytes:
    """Return the bytes of a streamed answer."""
    return b"".join(answer)


def take(client: APIClient, operator: Operator, ticket: Ticket) -> Any:
    return client.post(f"/ops/{operator.pk}/requests/{ticket.pk}/progress/")


def close(client: APIClient, operator: Operator, ticket: Ticket) -> Any:
    return client.post(f"/ops/{operator.pk}/requests/{ticket.pk}/close/")


def assign(client: APIClient, ticket: Ticket, operator_id: Any) -> Any:
    return client.post(
        f"/requests/user_requests/{ticket.pk}/assign/",
        {"operator_id": operator_id},
        format="json",
        HTTP_ACCEPT_LANGUAGE="en",
    )


def reopen(client: APIClient, ticket: Ticket) -> Any:
    url = f"/requests/user_requests/{ticket.pk}/reopen/"
    return client.post(url, HTTP_ACCEPT_LANGUAGE="en")
