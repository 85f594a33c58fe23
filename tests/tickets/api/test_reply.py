"""`POST /mgs/requests/{request_id}/mgs/create`: an operator writes to the requester."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import MessageFactory, OperatorFactory, RequesterFactory, TicketFactory
from tests.responses import error_of
from tickets.models import HistoryEntry, Message, Requester, Ticket

ADDRESS = "ivan@example.com"


@pytest.fixture
def ticket(db: None) -> Ticket:
    """A new ticket of ivan@example.com with one message."""
    ticket: Ticket = TicketFactory.create(requester=RequesterFactory.create(email=ADDRESS))
    MessageFactory.create(ticket=ticket)
    return ticket


@pytest.fixture
def body(operator: Operator) -> dict[str, Any]:
    return {
        "title": "Re: Не печатает принтер",
        "description": "Добрый день!\n\n  Проверьте бумагу.\n",
        "recipient_mail": ADDRESS,
        "operator_id": operator.pk,
    }


def url(ticket: Ticket) -> str:
    return f"/mgs/requests/{ticket.pk}/mgs/create"


def assert_nothing_was_written(ticket: Ticket) -> None:
    before = ticket.updated_at
    ticket.refresh_from_db()
    assert (ticket.message_count, ticket.updated_at) == (1, before)
    assert Message.objects.count() == 1
    assert not HistoryEntry.objects.exists()
    assert not OutboundEmail.objects.exists()


def test_a_reply_is_stored_at_once_and_queued(
    api: APIClient, operator: Operator, ticket: Ticket, body: dict[str, Any]
) -> None:
    before = ticket.updated_at

    answer = api.post(url(ticket), body, format="json")

    assert answer.status_code == 201
    stored = Message.objects.get(ticket=ticket, number=2)
    shown = answer.json()
    assert shown == api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"][1]
    assert (shown["id"], shown["request"], shown["sort"]) == (stored.pk, ticket.pk, 2)
    assert (shown["sender_type"], shown["sender_id"]) == ("operator", operator.pk)
    assert (shown["title"], shown["text"]) == (body["title"], body["description"])
    assert (shown["delivery"]["state"], shown["delivery"]["attempts"]) == ("queued", 0)
    mail = OutboundEmail.objects.get()
    assert (mail.kind, mail.state, mail.recipient, mail.message) == (
        "reply", "queued", ADDRESS, stored,
    )  # fmt: skip
    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator, ticket.message_count) == ("new", None, 2)
    assert ticket.updated_at > before


@pytest.mark.parametrize(
    "address", ["IVAN@example.com", "Ivan@EXAMPLE.COM", "  ivan@example.com \n"]
)
def test_the_recipient_is_compared_without_case(
    api: APIClient, ticket: Ticket, body: dict[str, Any], address: str
) -> None:
    answer = api.post(url(ticket), {**body, "recipient_mail": address}, format="json")

    assert answer.status_code == 201
    assert OutboundEmail.objects.get().recipient == ADDRESS


@pytest.mark.parametrize(
    "address",
    [
        "petr@example.com", "ivan@example.com, petr@example.com", "Ivan <ivan@example.com>",
        "ivan@example.com\r\nBcc: petr@example.com", "ivan", "", " ", None, 5, True, [], {},
        [ADDRESS], "a\x00@example.com", "\ud800@example.com", "x" * 321, "i\u0307van@example.com",
    ],
    ids=lambda value: ascii(value)[:30],
)  # fmt: skip
def test_another_recipient_is_400(
    api: APIClient, ticket: Ticket, body: dict[str, Any], address: Any
) -> None:
    text = json.dumps({**body, "recipient_mail": address})

    answer = api.post(url(ticket), text, content_type="application/json")

    assert list(error_of(answer, 400, "invalid")["fields"]) == ["recipient_mail"]
    assert_nothing_was_written(ticket)


def test_the_error_of_a_wrong_recipient_says_where_the_right_one_is(
    api: APIClient, ticket: Ticket, body: dict[str, Any]
) -> None:
    wrong = {**body, "recipient_mail": "petr@example.com"}

    answer = api.post(url(ticket), wrong, format="json", HTTP_ACCEPT_LANGUAGE="en")

    assert error_of(answer, 400, "invalid") == {
        "code": "invalid",
        "message": "The request is wrong in: recipient_mail.",
        "fields": {
            "recipient_mail": ["Must be the requester's address, the request's user_email."]
        },
    }


@pytest.mark.parametrize("field", ["title", "description"])
@pytest.mark.parametrize(
    "value",
    [None, "", "  \n ", True, [], {}, ["x"], "a\x00b", "\ud800", "x" * 100_001],
    ids=lambda value: ascii(value)[:20],
)
def test_a_bad_text_is_400(
    api: APIClient, ticket: Ticket, body: dict[str, Any], field: str, value: Any
) -> None:
    text = json.dumps({**body, field: value})

    answer = api.post(url(ticket), text, content_type="application/json")

    assert list(error_of(answer, 400, "invalid")["fields"]) == [field]
    assert_nothing_was_written(ticket)


@pytest.mark.parametrize(
    "value",
    [None, "", "abc", True, [], {}, 1.5, "\x00", "\ud800", "1" * 2000],
    ids=lambda value: ascii(value)[:20],
)
def test_a_malformed_operator_id_is_400(
    api: APIClient, ticket: Ticket, body: dict[str, Any], value: Any
) -> None:
    text = json.dumps({**body, "operator_id": value})

    answer = api.post(url(ticket), text, content_type="application/json")

    assert list(error_of(answer, 400, "invalid")["fields"]) == ["operator_id"]
    assert_nothing_was_written(ticket)


@pytest.mark.parametrize("value", [0, -1, 999_999, 2**31, 2**63, 10**1000, "999999", 999_999.0])
def test_an_operator_id_that_is_not_the_callers_is_403(
    api: APIClient, ticket: Ticket, body: dict[str, Any], value: Any
) -> None:
    answer = api.post(url(ticket), {**body, "operator_id": value}, format="json")

    error_of(answer, 403, "permission_denied")
    assert_nothing_was_written(ticket)


def test_a_supervisor_cannot_write_in_an_operators_name(
    supervisor_api: APIClient, ticket: Ticket, body: dict[str, Any]
) -> None:
    answer = supervisor_api.post(url(ticket), body, format="json")

    error_of(answer, 403, "permission_denied")
    assert_nothing_was_written(ticket)


def test_an_operator_id_may_be_written_as_text(
    api: APIClient, operator: Operator, ticket: Ticket, body: dict[str, Any]
) -> None:
    answer = api.post(url(ticket), {**body, "operator_id": str(operator.pk)}, format="json")

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "content", ["[]", "[1]", '"text"', "5", "null", "true", '[["operator_id", 1]]']
)
def test_a_body_that_is_not_an_object_is_400(api: APIClient, ticket: Ticket, content: str) -> None:
    answer = api.post(url(ticket), content, content_type="application/json")

    error_of(answer, 400, "invalid")
    assert_nothing_was_written(ticket)


def test_all_missing_fields_are_reported_at_once(api: APIClient, ticket: Ticket) -> None:
    answer = api.post(url(ticket), {}, format="json", HTTP_ACCEPT_LANGUAGE="en")

    required = ["This field is required."]
    assert error_of(answer, 400, "invalid")["fields"] == {
        "title": required,
        "description": required,
        "recipient_mail": required,
        "operator_id": required,
    }
    assert_nothing_was_written(ticket)


def test_another_operators_id_is_403_before_the_ticket_is_looked_up(
    api: APIClient, body: dict[str, Any]
) -> None:
    other = OperatorFactory.create()

    for operator_id in (other.pk, 999_999):
        answer = api.post(
            "/mgs/requests/999999/mgs/create", {**body, "operator_id": operator_id}, format="json"
        )
        error_of(answer, 403, "permission_denied")


def test_the_ticket_is_looked_up_before_the_body_is_validated(
    api: APIClient, operator: Operator
) -> None:
    bodies: list[Any] = [{}, {"operator_id": operator.pk}, {"operator_id": "abc"}, []]
    for wrong in bodies:
        answer = api.post("/mgs/requests/999999/mgs/create", wrong, format="json")
        error_of(answer, 404, "not_found")


def test_the_body_is_validated_before_the_tickets_status(
    api: APIClient, operator: Operator, body: dict[str, Any]
) -> None:
    closed = TicketFactory.create(closed=True, requester=RequesterFactory.create(email=ADDRESS))

    bad = api.post(url(closed), {**body, "title": ""}, format="json")
    good = api.post(url(closed), body, format="json", HTTP_ACCEPT_LANGUAGE="en")

    error_of(bad, 400, "invalid")
    error = error_of(good, 409, "not_allowed_in_this_status")
    assert error["message"] == (
        "The ticket is closed; “operator replied” needs one that is new, in progress."
    )
    assert not Message.objects.exists()
    assert not OutboundEmail.objects.exists()


def test_any_operator_may_reply_and_the_holder_stays(
    api: APIClient, operator: Operator, body: dict[str, Any]
) -> None:
    holder = OperatorFactory.create()
    requester = RequesterFactory.create(email=ADDRESS)
    ticket = TicketFactory.create(taken=True, operator=holder, requester=requester)

    answer = api.post(url(ticket), body, format="json")

    assert answer.status_code == 201
    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator) == ("in_progress", holder)


def test_a_title_of_several_lines_adds_no_header(
    api: APIClient, ticket: Ticket, body: dict[str, Any]
) -> None:
    title = "Re: принтер\r\nBcc: thief@example.com\r\n\r\nHello"

    answer = api.post(url(ticket), {**body, "title": title}, format="json")

    assert answer.status_code == 201
    headers = bytes(OutboundEmail.objects.get().content).split(b"\r\n\r\n")[0]
    assert not [line for line in headers.splitlines() if line.lower().startswith(b"bcc")]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_other_methods_than_post_are_405(
    api: APIClient, ticket: Ticket, body: dict[str, Any], method: str
) -> None:
    answer = api.generic(method, url(ticket), json.dumps(body), content_type="application/json")

    error_of(answer, 405, "method_not_allowed")
    assert_nothing_was_written(ticket)


@pytest.mark.parametrize("email", ["anna@bücher.example", "anna@xn--bcher-kva.example"])
@pytest.mark.parametrize(
    "spelling",
    [
        *("Anna@BÜCHER.example", "anna@bu\u0308cher.example", "anna@xn--bcher-kva.example"),
        "ａｎｎａ@bücher。example",
    ],
)
def test_any_spelling_of_the_requesters_address_is_taken(
    api: APIClient, ticket: Ticket, body: dict[str, Any], email: str, spelling: str
) -> None:
    Requester.objects.update(email=email, canonical_email="anna@xn--bcher-kva.example")

    answer = api.post(url(ticket), {**body, "recipient_mail": spelling}, format="json")

    assert answer.status_code == 201
    assert OutboundEmail.objects.get().recipient == email
