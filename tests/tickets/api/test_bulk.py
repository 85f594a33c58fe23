"""`POST /requests/bulk/`: one action for many tickets."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import OperatorFactory, TicketFactory
from tests.responses import error_of
from tickets import services
from tickets.models import HistoryEntry, Ticket

UNKNOWN = 999_999
UNTIL = "2999-01-02T09:00:00Z"


def bulk(client: APIClient, action: Any, *items: Any, **value: Any) -> Any:
    """Do something to tickets, or to what stands in the list of them."""
    requests = [{"request_id": item.pk} if isinstance(item, Ticket) else item for item in items]
    body = {"requests": requests, "action": action, **value}
    return client.post("/requests/bulk/", body, format="json", HTTP_ACCEPT_LANGUAGE="en")


def statuses(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"results"}
    return [result["status"] for result in answer.json()["results"]]


def test_each_ticket_has_the_status_of_the_single_call(api: APIClient, operator: Operator) -> None:
    held, new = TicketFactory.create(taken=True), TicketFactory.create()

    answer = bulk(api, "close", new, {"request_id": UNKNOWN}, held)

    assert statuses(answer) == [409, 404, 200]
    first, second, third = answer.json()["results"]
    assert first == {
        "request_id": new.pk,
        "status": 409,
        "error": {
            "code": "not_allowed_in_this_status",
            "message": "The ticket is new; “closed” needs one that is in progress.",
            "fields": {},
        },
    }
    assert (second["request_id"], second["error"]["code"]) == (UNKNOWN, "not_found")
    assert third == {"request_id": held.pk, "status": 200, "error": None}
    entry = HistoryEntry.objects.get()
    assert (entry.ticket, entry.event, entry.operator) == (held, "closed", operator)
    assert OutboundEmail.objects.get().kind == "closed"


def test_tickets_are_given_to_a_colleague_and_back(api: APIClient) -> None:
    colleague = OperatorFactory.create()
    tickets = [TicketFactory.create(), TicketFactory.create(taken=True)]
    closed = TicketFactory.create(closed=True)

    given = bulk(api, "assign", *tickets, closed, operator_id=colleague.pk)

    assert statuses(given) == [200, 200, 409]
    assert set(Ticket.objects.open().values_list("operator", flat=True)) == {colleague.pk}
    assert statuses(bulk(api, "assign", *tickets, operator_id=None)) == [200, 200]
    assert Ticket.objects.filter(status="new", operator=None).count() == 2


def test_closed_tickets_are_reopened(api: APIClient, operator: Operator) -> None:
    ticket, blocked = TicketFactory.create_batch(2, closed=True)
    other = TicketFactory.create(requester=blocked.requester)

    answer = bulk(api, "reopen", ticket, blocked)

    assert statuses(answer) == [200, 409]
    error = answer.json()["results"][1]["error"]
    assert (error["code"], error["request_id"]) == ("has_open_request", other.pk)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.operator) == ("in_progress", operator)


def test_tickets_are_snoozed_and_woken(api: APIClient) -> None:
    ticket, closed = TicketFactory.create(), TicketFactory.create(closed=True)

    answer = bulk(api, "snooze", ticket, closed, snoozed_until=UNTIL)

    assert statuses(answer) == [200, 400]
    error = answer.json()["results"][1]["error"]
    assert error["fields"] == {"snoozed_until": ["A closed request cannot be snoozed."]}
    ticket.refresh_from_db()
    assert ticket.snoozed_until == datetime(2999, 1, 2, 9, tzinfo=UTC)
    assert statuses(bulk(api, "snooze", ticket, snoozed_until=None)) == [200]
    ticket.refresh_from_db()
    assert ticket.snoozed_until is None


def test_a_tag_is_added_to_those_that_are_there_and_removed_again(api: APIClient) -> None:
    bare, tagged = TicketFactory.create(), TicketFactory.create(tags=["a", "b"])
    full = TicketFactory.create(tags=[f"tag{number}" for number in range(20)])

    added = bulk(api, "tag", bare, tagged, full, tag="B")

    assert statuses(added) == [200, 200, 400]
    assert added.json()["results"][2]["error"]["message"] == "A request has at most 20 tags."
    tags = dict(Ticket.objects.values_list("pk", "tags"))
    assert (tags[bare.pk], tags[tagged.pk], len(tags[full.pk])) == (["b"], ["a", "b"], 20)
    assert HistoryEntry.objects.get().details == {"before": [], "after": ["b"]}

    removed = bulk(api, "untag", bare, tagged, full, tag="b")

    assert statuses(removed) == [200, 200, 200]
    tags = dict(Ticket.objects.values_list("pk", "tags"))
    assert (tags[bare.pk], tags[tagged.pk], len(tags[full.pk])) == ([], ["a"], 20)
    assert set(Ticket.objects.values_list("version", flat=True)) == {3, 2, 1}


def test_a_priority_is_set(api: APIClient) -> None:
    tickets = [TicketFactory.create(priority=4), TicketFactory.create(closed=True)]

    assert statuses(bulk(api, "priority", *tickets, priority="urgent")) == [200, 200]

    assert list(Ticket.objects.order_by("pk").values_list("priority", "version")) == [
        (4, 1), (4, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("assign", {"operator_id": None}),
        ("close", {}),
        ("reopen", {}),
        ("snooze", {"snoozed_until": None}),
        ("tag", {"tag": "x"}),
        ("untag", {"tag": "x"}),
        ("priority", {"priority": "high"}),
    ],
)
def test_an_old_version_is_412_with_the_latest(
    api: APIClient, action: str, value: dict[str, Any]
) -> None:
    ticket = TicketFactory.create(version=7)

    answer = bulk(api, action, {"request_id": ticket.pk, "version": 6}, **value)

    assert statuses(answer) == [412]
    error = answer.json()["results"][0]["error"]
    assert (error["code"], error["version"]) == ("stale", 7)
    assert not HistoryEntry.objects.exists()


def test_a_version_that_is_the_latest_is_changed_once(api: APIClient) -> None:
    item = {"request_id": TicketFactory.create(version=7).pk, "version": 7}
    unknown = {"request_id": item["request_id"], "version": None}

    answer = bulk(api, "tag", item, item, unknown, tag="x")

    assert statuses(answer) == [200, 412, 200]


@pytest.mark.parametrize(
    ("action", "value", "named"),
    [
        ("merge", {}, "action"),
        (None, {}, "action"),
        ([], {}, "action"),
        ({}, {}, "action"),
        ("assign", {}, "operator_id"),
        ("assign", {"operator_id": UNKNOWN}, "operator_id"),
        ("assign", {"operator_id": "me"}, "operator_id"),
        ("snooze", {}, "snoozed_until"),
        ("snooze", {"snoozed_until": "2020-01-01T00:00:00Z"}, "snoozed_until"),
        ("snooze", {"snoozed_until": "2999-01-01T00:00:00"}, "snoozed_until"),
        ("tag", {}, "tag"),
        ("tag", {"tag": None}, "tag"),
        ("untag", {"tag": "two words"}, "tag"),
        ("priority", {"priority": "highest"}, "priority"),
    ],
)
def test_a_bad_value_is_400_for_all(
    api: APIClient, action: Any, value: dict[str, Any], named: str
) -> None:
    error = error_of(bulk(api, action, TicketFactory.create(), **value), 400, "invalid")

    assert list(error["fields"]) == [named]
    assert not HistoryEntry.objects.exists()


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"request_id": 1}] * 201,
        [1],
        [{}],
        [{"request_id": 0}],
        [{"request_id": 2**63}],
        [{"request_id": 1, "version": "x"}],
    ],
)
def test_bad_requests_are_400_for_all(api: APIClient, items: list[Any]) -> None:
    ticket = TicketFactory.create(taken=True)
    items = [*items, *([ticket] if items else [])][:201]

    error = error_of(bulk(api, "close", *items), 400, "invalid")

    assert all(name.startswith("requests") for name in error["fields"])
    assert not HistoryEntry.objects.exists()


@pytest.mark.parametrize("body", [[], "x", None, {}])
def test_a_body_of_another_form_is_400(api: APIClient, body: Any) -> None:
    error_of(api.post("/requests/bulk/", body, format="json"), 400, "invalid")


def test_values_of_other_actions_are_ignored(api: APIClient) -> None:
    ticket = TicketFactory.create(taken=True)

    answer = bulk(api, "close", ticket, tag="two words", operator_id="?", priority=None)

    assert statuses(answer) == [200]


def test_two_hundred_tickets_are_changed_by_one_call(api: APIClient) -> None:
    tickets = TicketFactory.create_batch(200)

    answer = bulk(api, "tag", *tickets, tag="x")

    assert statuses(answer) == [200] * 200
    assert [result["request_id"] for result in answer.json()["results"]] == [
        ticket.pk for ticket in tickets
    ]


def test_a_lost_database_ends_the_call(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(**kwargs: Any) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(services, "close_ticket", lose)

    error_of(bulk(api, "close", TicketFactory.create(taken=True)), 503, "unavailable")
