"""`POST /requests/user_requests/`: a ticket for somebody who called, or with a first mail."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import MessageFactory, RequesterFactory, TicketFactory
from tests.inbox import receive
from tests.mail import build_mail
from tests.responses import error_of
from tests.tickets.requests import close, post_reply, take
from tickets.models import HistoryEntry, Message, Requester, Ticket

BODY = {
    "user_email": "Ivan@Example.com",
    "title": "Printer",
    "description": "  It does not print.\n",
}


def open_for(client: APIClient, **fields: Any) -> Any:
    body = {**BODY, **fields}
    url = "/requests/user_requests/"
    return client.post(url, body, format="json", HTTP_ACCEPT_LANGUAGE="en")


def assert_nothing_was_opened() -> None:
    assert not Ticket.objects.exists()
    assert not Requester.objects.exists()
    assert not OutboundEmail.objects.exists()


def test_a_ticket_is_opened_for_a_caller(api: APIClient) -> None:
    answer = open_for(
        api, user_name="Ivan\r\nPetrov", priority="high", tags=["Phone"], notify=False
    )

    assert answer.status_code == 201
    shown = answer.json()
    ticket = Ticket.objects.get()
    assert shown == {
        "request_id": ticket.pk,
        "title": "Printer",
        "description": "  It does not print.\n",
        "status": "new",
        "date_create": shown["date_create"],
        "date_update": shown["date_create"],
        "user_email": "ivan@example.com",
        "user_name": "Ivan Petrov",
        "operator": None,
        "previous": None,
        "message_count": 1,
        "needs_attention": False,
        "requester": ticket.requester_id,
        "priority": "high",
        "tags": ["phone"],
        "waiting_on": "operator",
        "waiting_since": shown["date_create"],
        "snoozed_until": None,
        "participants": [],
        "version": 1,
        "merged_into": None,
        "merged_from": [],
    }
    assert answer.headers["ETag"] == '"1"'


def test_the_first_message_is_the_callers_and_the_operator_opened_the_ticket(
    api: APIClient, operator: Operator
) -> None:
    open_for(api)

    ticket = Ticket.objects.get()
    (message,) = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"]
    assert (message["sort"], message["sender_type"], message["sender_id"]) == (
        1, "user", "ivan@example.com",
    )  # fmt: skip
    assert (message["title"], message["text"]) == ("Printer", "  It does not print.\n")
    assert message["origin"]["kind_rule"] == "entered by an operator"
    (entry,) = api.get(f"/requests/user_requests/{ticket.pk}/").json()["history"]
    assert (entry["event"], entry["actor_type"], entry["actor_id"]) == (
        "opened", "operator", operator.pk,
    )  # fmt: skip
    assert (entry["status_before"], entry["status_after"]) == (None, "new")
    assert entry["message"] == message["id"]


@pytest.mark.parametrize(
    ("notify", "state", "reason"),
    [
        (True, "queued", ""),
        (False, "suppressed", "the operator who entered the request chose no notice"),
    ],
)
def test_the_requester_is_mailed_only_on_request(
    api: APIClient, notify: bool, state: str, reason: str
) -> None:
    open_for(api, notify=notify)

    mail = OutboundEmail.objects.get()
    assert (mail.kind, mail.recipient) == ("created", "ivan@example.com")
    assert (mail.state, mail.reason) == (state, reason)


def test_later_notices_of_an_entered_ticket_are_sent(api: APIClient, operator: Operator) -> None:
    ticket = Ticket.objects.get(pk=open_for(api).json()["request_id"])

    take(api, operator, ticket)
    close(api, operator, ticket)

    mails = OutboundEmail.objects.exclude(kind="created").values_list("kind", "state")
    assert list(mails) == [("in_progress", "queued"), ("closed", "queued")]


def test_a_first_mail_to_somebody_is_a_ticket_in_progress(
    api: APIClient, operator: Operator
) -> None:
    answer = open_for(api, send=True, notify=True)

    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["status"], shown["operator"], shown["version"]) == (
        "in_progress", operator.pk, 1,
    )  # fmt: skip
    assert (shown["waiting_on"], shown["waiting_since"]) == ("requester", shown["date_create"])
    ticket = Ticket.objects.get()
    (message,) = api.get(f"/mgs/requests/{ticket.pk}/mgs/").json()["results"]
    assert (message["sort"], message["sender_type"], message["sender_id"]) == (
        1, "operator", operator.pk,
    )  # fmt: skip
    assert message["delivery"]["state"] == "queued"
    steps = ticket.history.values_list("event", "status_before", "status_after", "operator")
    assert list(steps) == [
        ("opened", None, "new", operator.pk),
        ("taken", "new", "in_progress", operator.pk),
        ("operator_replied", "in_progress", "in_progress", operator.pk),
    ]
    assert set(ticket.history.values_list("version", flat=True)) == {1}
    mail = OutboundEmail.objects.get()
    assert (mail.kind, mail.recipient, mail.state) == ("reply", "ivan@example.com", "queued")
    assert b"Subject: Printer\r\n" in bytes(mail.content)


def test_a_ticket_that_began_with_our_mail_is_answered_and_closed_with_a_notice(
    api: APIClient, operator: Operator
) -> None:
    ticket = Ticket.objects.get(pk=open_for(api, send=True).json()["request_id"])

    answer = post_reply(api, operator, ticket)
    close(api, operator, ticket)

    assert (answer.status_code, answer.json()["sort"]) == (201, 2)
    mails = OutboundEmail.objects.order_by("pk").values_list("kind", "state")
    assert list(mails) == [("reply", "queued"), ("reply", "queued"), ("closed", "queued")]


def test_a_ticket_that_only_a_machine_answered_is_closed_without_a_notice(
    api: APIClient, operator: Operator
) -> None:
    ticket = Ticket.objects.get(pk=open_for(api, send=True).json()["request_id"])
    MessageFactory.create(ticket=ticket, origin={"kind": "auto_reply"})

    close(api, operator, ticket)

    closed = OutboundEmail.objects.get(kind="closed")
    assert (closed.state, closed.reason) == (
        "suppressed", "only machines have written in this request",
    )  # fmt: skip


def test_a_requester_who_is_known_keeps_name_and_spelling(api: APIClient) -> None:
    requester = RequesterFactory.create(email="иван@почта.рф", name="Иван")
    requester.canonical_email = "иван@xn--80a1acny.xn--p1ai"
    requester.save()
    TicketFactory.create(requester=requester, closed=True)

    answer = open_for(api, user_email="ИВАН@xn--80a1acny.xn--p1ai", user_name="Another")

    assert answer.status_code == 201
    assert (answer.json()["user_email"], answer.json()["user_name"]) == ("иван@почта.рф", "Иван")
    assert answer.json()["previous"] is None
    assert Requester.objects.count() == 1


@pytest.mark.parametrize("send", [False, True])
def test_the_requesters_open_ticket_is_409(api: APIClient, send: bool) -> None:
    ticket = TicketFactory.create(requester__email="ivan@example.com", requester__name="")

    answer = open_for(api, send=send, user_name="Ivan")

    error = error_of(answer, 409, "has_open_request", extra=["request_id"])
    assert error["request_id"] == ticket.pk
    assert list(Ticket.objects.all()) == [ticket]
    assert not HistoryEntry.objects.exists()
    assert not Message.objects.exists()
    assert Requester.objects.get().name == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        None,
        "ivan",
        "@example.com",
        "ivan@",
        "ivan@@example.com",
        "ivan@example",
        "a b@example.com",
        "a@example.com, b@example.com",
        "Ivan <ivan@example.com>",
        "ivan@example.com\r\nBcc: olga@example.com",
        "ivan\u00a0@example.com",
        "ив\nан@example.com",
        "ivan>@example.com",
        "ivan@exa\u0000mple.com",
        "i" * 320 + "@example.com",
        5,
        [],
    ],
)
def test_what_is_no_address_is_400(api: APIClient, address: Any) -> None:
    error = error_of(open_for(api, user_email=address), 400, "invalid")

    assert list(error["fields"]) == ["user_email"]
    assert_nothing_was_opened()


@pytest.mark.parametrize("address", ["Support@servicedesk.example", "help+x@servicedesk.example"])
def test_an_address_of_the_desk_itself_is_400(
    api: APIClient, settings: Settings, address: str
) -> None:
    settings.SUPPORT_ADDRESS = "support@servicedesk.example"
    settings.OWN_ADDRESSES = ["help@servicedesk.example"]

    error = error_of(open_for(api, user_email=address), 400, "invalid")

    assert error["fields"] == {"user_email": ["This is an address of this desk itself."]}
    assert_nothing_was_opened()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 2001}, "title"),
        ({"description": " \n"}, "description"),
        ({"description": "x" * 100_001}, "description"),
        ({"user_name": "x" * 256}, "user_name"),
        ({"priority": "highest"}, "priority"),
        ({"priority": None}, "priority"),
        ({"tags": ["two words"]}, "tags.0"),
        ({"notify": "maybe"}, "notify"),
        ({"send": None}, "send"),
    ],
)
def test_a_bad_value_is_400(api: APIClient, fields: dict[str, Any], named: str) -> None:
    error = error_of(open_for(api, **fields), 400, "invalid")

    assert list(error["fields"]) == [named]
    assert_nothing_was_opened()


def test_what_is_missing_is_named(api: APIClient) -> None:
    error = error_of(api.post("/requests/user_requests/", {}, format="json"), 400, "invalid")

    assert sorted(error["fields"]) == ["description", "title", "user_email"]


def test_the_answer_to_a_first_mail_joins_its_ticket(api: APIClient) -> None:
    ticket_id = open_for(api, send=True).json()["request_id"]
    ours = OutboundEmail.objects.get().message_id_header

    receive(build_mail(subject="Re: Printer", in_reply_to=ours))

    ticket = Ticket.objects.get()
    assert (ticket.pk, ticket.message_count) == (ticket_id, 2)
    assert (ticket.waiting_on, ticket.status) == ("operator", "in_progress")
    assert list(OutboundEmail.objects.values_list("kind", flat=True)) == ["reply"]
