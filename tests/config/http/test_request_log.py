"""Each request has an id, which its mail carries, and a log line without its query string."""

from typing import Any

import pytest
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import TicketFactory

pytestmark = pytest.mark.django_db


def test_an_operators_reply_carries_the_id_of_the_request(
    api: APIClient, operator: Operator
) -> None:
    ticket = TicketFactory.create(taken=True)
    OutboundEmail.objects.all().delete()

    answer: Any = api.post(
        f"/mgs/requests/{ticket.pk}/mgs/create",
        {
            "title": "Re",
            "description": "Hello",
            "recipient_mail": ticket.requester.email,
            "operator_id": operator.pk,
        },
        format="json",
        headers={"X-Request-ID": "0123abcd-request"},
    )

    assert answer.status_code == 201
    assert answer["X-Request-ID"] == "0123abcd-request"
    assert OutboundEmail.objects.get().trace == "0123abcd-request"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g", "id\r\nX-Evil: 1"])
def test_an_id_that_is_not_well_formed_is_replaced(api: APIClient, given: str) -> None:
    answer: Any = api.get("/ops/support_ops/", headers={"X-Request-ID": given})

    assert len(answer["X-Request-ID"]) == 32
    assert answer["X-Request-ID"] != given


def test_the_log_line_has_the_path_without_the_query_string(
    api: APIClient, operator: Operator
) -> None:
    with capture_logs() as entries:
        api.get("/requests/user_requests/?status=new&x=ivan@example.com")

    (line,) = [entry for entry in entries if entry["event"] == "request"]
    assert (line["method"], line["path"]) == ("GET", "/requests/user_requests/")
    assert "ivan" not in str(entries)


def test_health_checks_are_not_logged(api: APIClient) -> None:
    with capture_logs() as entries:
        api.get("/healthz")

    assert entries == []
