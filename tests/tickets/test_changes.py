"""Each change of a ticket is its next version, and decides whose turn it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import Http404
from django.utils import timezone
from rest_framework.test import APIClient

from operators.models import Operator
from tests import requester_mail
from tests.factories import HistoryEntryFactory, RequesterFactory, TicketFactory
from tests.responses import error_of
from tickets import services
from tickets.changes import Change, lock_requesters_and_tickets, lock_ticket
from tickets.exceptions import HasOpenRequest, StaleVersion
from tickets.models import Event, HistoryEntry, Ticket
from tickets.requester_mail import Content, NewMessage, add_messages
from tickets.signals import requester_wrote

pytestmark = pytest.mark.django_db

SOON = timezone.now() + timedelta(hours=1)


def write(ticket: Ticket, *, is_quiet: bool = False, is_reaction: bool = False) -> None:
    ticket.refresh_from_db()
    content = Content(title="Re", text="Re", written_at=timezone.now())
    new = NewMessage(
        ticket=ticket,
        content=content,
        writer=ticket.requester,
        is_quiet=is_quiet,
        is_reaction=is_reaction,
    )
    add_messages([new])
    ticket.refresh_from_db()


def opened_ticket() -> Ticket:
    return requester_mail.open_ticket(requester=RequesterFactory.create(), text="x").ticket


def versions(ticket: Ticket) -> list[tuple[str, int | None]]:
    return list(ticket.history.values_list("event", "version"))


def test_each_step_of_a_life_is_a_version(operator: Operator) -> None:
    ticket = opened_ticket()

    services.take_ticket(ticket_id=ticket.pk, by=operator)
    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Re")
    write(ticket)
    services.close_ticket(ticket_id=ticket.pk, by=operator)

    ticket.refresh_from_db()
    assert ticket.version == 5
    assert versions(ticket) == [
        ("opened", 1), ("taken", 2), ("operator_replied", 3), ("requester_wrote", 4), ("closed", 5),
    ]  # fmt: skip


def test_several_mails_at_once_are_a_version_each() -> None:
    ticket = Ticket(requester=RequesterFactory.create(), title="x")
    content = Content(title="x", text="x", written_at=timezone.now())

    new = NewMessage(ticket=ticket, content=content, writer=ticket.requester)
    add_messages([new] * 3)

    ticket.refresh_from_db()
    assert ticket.version == 3
    assert versions(ticket) == [("opened", 1), ("requester_wrote", 2), ("requester_wrote", 3)]


def test_the_turn_goes_to_and_fro(operator: Operator) -> None:
    ticket = opened_ticket()
    ticket.refresh_from_db()
    opened = ticket.created_at
    assert (ticket.waiting_on, ticket.waiting_since) == ("operator", opened)

    write(ticket)
    services.take_ticket(ticket_id=ticket.pk, by=operator)
    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.waiting_since) == ("operator", opened)

    services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Re")
    reply = services.reply(ticket_id=ticket.pk, by=operator, title="Re", text="Re")
    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.waiting_since) == ("requester", reply.created_at)

    write(ticket)
    assert (ticket.waiting_on, ticket.waiting_since) == ("operator", ticket.updated_at)

    services.close_ticket(ticket_id=ticket.pk, by=operator)
    ticket.refresh_from_db()
    assert (ticket.waiting_on, ticket.waiting_since) == (None, None)


@pytest.mark.parametrize("quiet", [{"is_quiet": True}, {"is_reaction": True}])
def test_a_quiet_message_turns_and_wakes_nothing(quiet: dict[str, bool]) -> None:
    since = timezone.now() - timedelta(days=1)
    ticket = TicketFactory.create(
        taken=True,
        message_count=1,
        waiting_on="requester",
        waiting_since=since,
        snoozed_until=SOON,
    )

    write(ticket, **quiet)

    assert (ticket.waiting_on, ticket.waiting_since) == ("requester", since)
    assert (ticket.snoozed_until, ticket.version) == (SOON, 2)
    assert versions(ticket) == [("requester_wrote", 2)]


def test_a_reaction_to_a_closed_ticket_leaves_it_closed_and_waiting_for_nobody() -> None:
    ticket = TicketFactory.create(closed=True)

    write(ticket, is_reaction=True)

    assert (ticket.status, ticket.waiting_on, ticket.version) == ("closed", None, 2)


def test_a_mail_wakes_a_snoozed_ticket() -> None:
    ticket = TicketFactory.create(
        message_count=1, snoozed_until=datetime(2030, 1, 2, 9, tzinfo=UTC)
    )

    write(ticket)

    assert ticket.snoozed_until is None
    assert versions(ticket) == [("requester_wrote", 2), ("woken", 2)]
    woken = HistoryEntry.objects.get(event="woken")
    assert woken.details == {"before": "2030-01-02T09:00:00Z", "after": None}
    assert (woken.message, woken.operator, woken.is_system) == (None, None, False)


def test_closing_ends_the_snooze(operator: Operator) -> None:
    ticket = TicketFactory.create(taken=True, snoozed_until=SOON)

    services.close_ticket(ticket_id=ticket.pk, by=operator)

    ticket.refresh_from_db()
    assert ticket.snoozed_until is None
    assert versions(ticket) == [("closed", 2)]


def test_a_change_sets_right_what_older_code_left(operator: Operator) -> None:
    opened = TicketFactory.create(waiting_on=None)
    closing = TicketFactory.create(taken=True)

    services.take_ticket(ticket_id=opened.pk, by=operator)
    services.close_ticket(ticket_id=closing.pk, by=operator)

    opened.refresh_from_db()
    closing.refresh_from_db()
    assert (opened.waiting_on, opened.waiting_since) == ("operator", opened.updated_at)
    assert (closing.waiting_on, closing.waiting_since) == (None, None)


def test_holders_are_told_of_messages_by_one_signal() -> None:
    held, free = TicketFactory.create(taken=True, message_count=1), TicketFactory.create()
    told: list[list[HistoryEntry]] = []

    def receive(entries: list[HistoryEntry], **kwargs: Any) -> None:
        told.append(entries)

    requester_wrote.connect(receive)
    try:
        write(free)
        write(held, is_quiet=True)
        write(held)
    finally:
        requester_wrote.disconnect(receive)

    assert told == [[HistoryEntry.objects.latest("pk")]]
    assert told[0][0].ticket == held


@pytest.mark.parametrize("action", ["take", "reply", "close"])
def test_a_service_refuses_a_version_that_is_not_the_latest(
    operator: Operator, action: str
) -> None:
    ticket = TicketFactory.create(taken=action == "close", version=7)

    def call(version: int) -> None:
        given: dict[str, Any] = {"ticket_id": ticket.pk, "by": operator, "version": version}
        if action == "take":
            services.take_ticket(**given)
        elif action == "reply":
            services.reply(**given, title="Re", text="Re")
        else:
            services.close_ticket(**given)

    with pytest.raises(StaleVersion) as stale:
        call(6)

    assert stale.value.extra == {"version": 7}
    assert not HistoryEntry.objects.exists()
    call(7)
    ticket.refresh_from_db()
    assert ticket.version == 8


def test_a_change_without_a_step_stores_nothing(operator: Operator) -> None:
    ticket = TicketFactory.create()
    ticket.title = "another"

    assert Change(ticket, by=operator).save("title") == []

    before = ticket.updated_at
    ticket.refresh_from_db()
    assert (ticket.title, ticket.version) == ("Не печатает принтер", 1)
    assert ticket.updated_at == before


def test_several_steps_of_one_request_are_one_version(operator: Operator) -> None:
    ticket = TicketFactory.create()

    change = Change(ticket, by=operator)
    change.record(Event.PRIORITY_CHANGED, before="normal", after="high")
    ticket.status, ticket.operator = "in_progress", operator
    change.record(Event.TAKEN, after=operator.pk)
    entries = change.save("status", "operator")

    ticket.refresh_from_db()
    assert (ticket.version, ticket.updated_at) == (2, change.at)
    assert entries == list(HistoryEntry.objects.all())
    rows = HistoryEntry.objects.values_list(
        "event", "operator", "status_before", "status_after", "version", "details"
    )
    assert list(rows) == [
        ("priority_changed", operator.pk, "new", "new", 2, {"before": "normal", "after": "high"}),
        ("taken", operator.pk, "new", "in_progress", 2, {"before": None, "after": operator.pk}),
    ]


def test_unknown_tickets_are_not_locked() -> None:
    ticket = TicketFactory.create()

    locked = lock_requesters_and_tickets(ticket_ids=[ticket.pk, ticket.pk + 1])

    assert locked == {ticket.pk: ticket}
    with pytest.raises(Http404):
        lock_ticket(ticket_id=ticket.pk + 1)


def test_answers_with_one_ticket_have_its_version_as_entity_tag(
    api: APIClient, operator: Operator
) -> None:
    ticket = TicketFactory.create(version=16)
    url, own = f"/requests/user_requests/{ticket.pk}/", f"/ops/{operator.pk}/requests/{ticket.pk}"

    shown = api.get(url)
    taken = api.post(f"{own}/progress/")
    closed = api.post(f"{own}/close/")

    assert [answer.headers["ETag"] for answer in (shown, taken, closed)] == ['"16"', '"17"', '"18"']
    assert [answer.json()["version"] for answer in (shown, taken, closed)] == [16, 17, 18]
    assert "ETag" not in api.get("/requests/user_requests/").headers


def test_an_entry_shows_who_acted_and_what_changed(api: APIClient, operator: Operator) -> None:
    ticket = TicketFactory.create()
    change = Change(ticket, by=operator)
    change.record(Event.TAGS_CHANGED, before=[], after=["x"])
    change.save()
    HistoryEntryFactory.create(ticket=ticket, actor_email="petr@example.com")
    HistoryEntryFactory.create(ticket=ticket)
    HistoryEntryFactory.create(ticket=ticket, event="woken", is_system=True)

    history = api.get(f"/requests/user_requests/{ticket.pk}/").json()["history"]

    assert [(entry["actor_type"], entry["actor_id"]) for entry in history] == [
        ("operator", operator.pk),
        ("user", "petr@example.com"),
        ("user", ticket.requester.email),
        ("system", None),
    ]
    assert history[0]["details"] == {"before": [], "after": ["x"]}


def test_an_error_shows_what_it_has_besides(
    api: APIClient, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = TicketFactory.create()

    def refuse(**kwargs: Any) -> None:
        raise HasOpenRequest(12)

    monkeypatch.setattr(services, "take_ticket", refuse)
    answer = api.post(f"/ops/{operator.pk}/requests/{ticket.pk}/progress/")

    assert error_of(answer, 409, "has_open_request", extra=["request_id"])["request_id"] == 12
