"""`PATCH /requests/user_requests/{request_id}/`: priority, tags, attention and snooze."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import TicketFactory
from tests.responses import error_of
from tickets import properties
from tickets.models import Ticket

NOW = "2026-11-23T09:00:00Z"


def change(client: APIClient, ticket: Ticket, body: Any) -> Any:
    url = f"/requests/user_requests/{ticket.pk}/"
    return client.patch(url, body, format="json", HTTP_ACCEPT_LANGUAGE="en")


def steps(ticket: Ticket) -> list[Any]:
    return list(ticket.history.values_list("event", "details", "version"))


def test_each_changed_value_is_a_step_and_all_are_one_version(
    api: APIClient, operator: Operator
) -> None:
    ticket = TicketFactory.create(tags=["old"], needs_attention=True)
    body = {
        "priority": "urgent",
        "tags": ["printer"],
        "needs_attention": False,
        "snoozed_until": "2026-11-24T12:00:00+03:00",
    }

    with time_machine.travel(NOW, tick=False):
        answer = change(api, ticket, body)

    assert answer.status_code == 200
    shown = answer.json()
    assert {name: shown[name] for name in body} == {
        **body,
        "snoozed_until": "2026-11-24T09:00:00Z",
    }
    assert (shown["version"], shown["date_update"]) == (2, NOW)
    assert answer.headers["ETag"] == '"2"'
    assert steps(ticket) == [
        ("priority_changed", {"before": "normal", "after": "urgent"}, 2),
        ("tags_changed", {"before": ["old"], "after": ["printer"]}, 2),
        ("attention_changed", {"before": True, "after": False}, 2),
        ("snoozed", {"before": None, "after": "2026-11-24T09:00:00Z"}, 2),
    ]
    actors = set(ticket.history.values_list("operator", "status_before", "status_after"))
    assert actors == {(operator.pk, "new", "new")}
    assert not OutboundEmail.objects.exists()
    history = api.get(f"/requests/user_requests/{ticket.pk}/").json()
    history.pop("history")
    assert history == shown


@pytest.mark.parametrize(
    "body",
    [
        {"priority": "high"},
        {"tags": ["a", "б"]},
        {"tags": ["A", "Б", "a"]},
        {"needs_attention": True},
        {"snoozed_until": "2026-11-24T09:00:00Z"},
        {"snoozed_until": "2026-11-24T12:00:00+03:00", "priority": "high"},
    ],
)
def test_the_same_value_changes_nothing(api: APIClient, body: dict[str, Any]) -> None:
    ticket = TicketFactory.create(
        priority=3,
        tags=["a", "б"],
        needs_attention=True,
        snoozed_until=datetime(2026, 11, 24, 9, tzinfo=UTC),
    )
    before = Ticket.objects.values().get(pk=ticket.pk)

    with time_machine.travel(NOW, tick=False):
        answer = change(api, ticket, body)

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert Ticket.objects.values().get(pk=ticket.pk) == before
    assert steps(ticket) == []


def test_a_closed_ticket_can_be_changed_but_not_snoozed(api: APIClient) -> None:
    ticket = TicketFactory.create(closed=True)

    changed = change(api, ticket, {"priority": "low", "tags": ["x"], "snoozed_until": None})
    snoozed = change(api, ticket, {"priority": "high", "snoozed_until": "2999-01-01T00:00:00Z"})

    assert (changed.status_code, changed.json()["priority"]) == (200, "low")
    assert (changed.json()["waiting_on"], changed.json()["status"]) == (None, "closed")
    error = error_of(snoozed, 400, "invalid")
    assert error["fields"] == {"snoozed_until": ["A closed request cannot be snoozed."]}
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.version) == (1, 2)


def test_null_wakes_a_snoozed_ticket(api: APIClient, operator: Operator) -> None:
    until = datetime(2026, 11, 24, 9, tzinfo=UTC)
    ticket = TicketFactory.create(taken=True, snoozed_until=until)

    answer = change(api, ticket, {"snoozed_until": None})
    again = change(api, ticket, {"snoozed_until": None})

    assert (answer.json()["snoozed_until"], answer.json()["version"]) == (None, 2)
    assert again.json()["version"] == 2
    assert steps(ticket) == [("woken", {"before": "2026-11-24T09:00:00Z", "after": None}, 2)]
    assert ticket.history.get().operator == operator


def test_a_snooze_can_be_moved(api: APIClient) -> None:
    ticket = TicketFactory.create(snoozed_until=datetime(2026, 11, 24, 9, tzinfo=UTC))

    change(api, ticket, {"snoozed_until": "2999-01-01T09:00:00Z"})

    details = {"before": "2026-11-24T09:00:00Z", "after": "2999-01-01T09:00:00Z"}
    assert steps(ticket) == [("snoozed", details, 2)]


@pytest.mark.parametrize(
    ("tags", "stored"),
    [
        (["VIP", "vip", "Ёлка", "٣", "日本語", "a-b"], ["vip", "ёлка", "٣", "日本語", "a-b"]),
        (["हिन्दी", "cafe\u0301"], ["हिन्दी", "café"]),
        ([f"tag{number % 20}" for number in range(40)], [f"tag{number}" for number in range(20)]),
        (["x" * 50], ["x" * 50]),
        ([], []),
    ],
)
def test_tags_are_lowered_and_doubles_dropped(
    api: APIClient, tags: list[str], stored: list[str]
) -> None:
    ticket = TicketFactory.create(tags=["old"])

    answer = change(api, ticket, {"tags": tags})

    assert (answer.status_code, answer.json()["tags"]) == (200, stored)
    ticket.refresh_from_db()
    assert ticket.tags == stored


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"priority": "highest"}, "priority"),
        ({"priority": 3}, "priority"),
        ({"priority": None}, "priority"),
        ({"priority": ["high"]}, "priority"),
        ({"tags": "printer"}, "tags"),
        ({"tags": None}, "tags"),
        ({"tags": ["two words"]}, "tags.0"),
        ({"tags": ["ok", "under_score"]}, "tags.1"),
        ({"tags": [""]}, "tags.0"),
        ({"tags": ["²"]}, "tags.0"),
        ({"tags": ["\u0301"]}, "tags.0"),
        ({"tags": ["x\x00"]}, "tags.0"),
        ({"tags": ["x" * 51]}, "tags.0"),
        ({"tags": [None]}, "tags.0"),
        ({"tags": [f"tag{number}" for number in range(21)]}, "tags"),
        ({"needs_attention": None}, "needs_attention"),
        ({"needs_attention": "maybe"}, "needs_attention"),
        ({"needs_attention": []}, "needs_attention"),
        ({"snoozed_until": "2026-11-23T08:59:59Z"}, "snoozed_until"),
        ({"snoozed_until": NOW}, "snoozed_until"),
        ({"snoozed_until": "2026-12-02T09:00:00"}, "snoozed_until"),
        ({"snoozed_until": "2026-12-02"}, "snoozed_until"),
        ({"snoozed_until": "tomorrow"}, "snoozed_until"),
        ({"snoozed_until": 1900000000}, "snoozed_until"),
        ({"snoozed_until": "9999-12-31T23:59:59-23:59"}, "snoozed_until"),
        ({"priority": "high", "snoozed_until": "2030-02-30T09:00:00Z"}, "snoozed_until"),
        ({}, "non_field_errors"),
        ({"status": "closed"}, "non_field_errors"),
        ([], "non_field_errors"),
    ],
)
def test_a_bad_value_is_400_and_changes_nothing(api: APIClient, body: Any, field: str) -> None:
    ticket = TicketFactory.create(tags=["old"], needs_attention=True)
    before = Ticket.objects.values().get(pk=ticket.pk)

    with time_machine.travel(NOW, tick=False):
        answer = change(api, ticket, body)

    assert list(error_of(answer, 400, "invalid")["fields"]) == [field]
    assert Ticket.objects.values().get(pk=ticket.pk) == before
    assert steps(ticket) == []


def test_an_unknown_ticket_is_404_before_the_body_is_read(api: APIClient) -> None:
    answer = api.patch("/requests/user_requests/999999/", {"priority": "?"}, format="json")

    error_of(answer, 404, "not_found")


def test_a_mail_that_did_not_arrive_calls_for_attention_once_and_is_no_version(
    api: APIClient,
) -> None:
    ticket = TicketFactory.create(version=5)
    before = ticket.updated_at

    for _ in range(2):
        properties.set_needs_attention(ticket_id=ticket.pk)

    ticket.refresh_from_db()
    assert (ticket.needs_attention, ticket.version, ticket.updated_at) == (True, 5, before)
    assert steps(ticket) == [("attention_changed", {"before": False, "after": True}, 5)]
    (entry,) = api.get(f"/requests/user_requests/{ticket.pk}/").json()["history"]
    assert (entry["actor_type"], entry["actor_id"]) == ("system", None)
