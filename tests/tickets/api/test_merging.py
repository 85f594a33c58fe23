"""Merging a ticket into another requester's, and undoing it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from mailing.models import OutboundEmail
from operators.models import Operator
from tests.factories import OperatorFactory, ParticipantFactory, RequesterFactory, TicketFactory
from tickets.changes import api_timestamp
from tickets.models import HistoryEntry, Participant, Ticket

pytestmark = pytest.mark.django_db


def merge(api: APIClient, ticket: Ticket, into: object) -> Any:
    given = into.pk if isinstance(into, Ticket) else into
    return api.post(f"/requests/user_requests/{ticket.pk}/merge/", {"into": given}, format="json")


def unmerge(api: APIClient, ticket: Ticket) -> Any:
    return api.post(f"/requests/user_requests/{ticket.pk}/unmerge/")


def ticket_of(email: str, **columns: Any) -> Ticket:
    requester = RequesterFactory.create(email=email)
    return TicketFactory.create(requester=requester, **columns)


def people(ticket: Ticket) -> list[str]:
    rows = Participant.objects.filter(ticket=ticket, is_removed=False).order_by("pk")
    return list(rows.values_list("email", flat=True))


def history(ticket: Ticket) -> list[Any]:
    rows = HistoryEntry.objects.filter(ticket=ticket).order_by("pk")
    columns = ("event", "status_before", "status_after", "details", "version")
    return list(rows.values_list(*columns))


def test_a_merged_ticket_is_closed_without_a_mail_and_linked(
    api: APIClient, operator: Operator
) -> None:
    ticket = ticket_of("anna@example.com")
    target = ticket_of("boris@example.com")

    answer = merge(api, ticket, target)

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["request_id"], shown["status"], shown["operator"]) == (
        ticket.pk,
        "closed",
        operator.pk,
    )
    assert (shown["merged_into"], shown["version"], answer["ETag"]) == (target.pk, 2, '"2"')
    assert (shown["waiting_on"], shown["waiting_since"]) == (None, None)
    other = api.get(f"/requests/user_requests/{target.pk}/").json()
    assert (other["merged_from"], other["version"], other["status"]) == ([ticket.pk], 2, "new")
    assert [row["email"] for row in other["participants"]] == ["anna@example.com"]
    before = {
        "status": "new",
        "operator": None,
        "waiting_on": "operator",
        "waiting_since": api_timestamp(ticket.waiting_since),
        "snoozed_until": None,
    }
    details = {"before": before, "after": {"into": target.pk}}
    assert history(ticket) == [("merged", "new", "closed", details, 2)]
    details = {"before": None, "after": {"from": ticket.pk}}
    assert history(target) == [("merged", "new", "new", details, 2)]
    assert set(HistoryEntry.objects.values_list("operator", flat=True)) == {operator.pk}
    assert not OutboundEmail.objects.exists()


def test_the_holder_of_a_merged_ticket_stays(api: APIClient) -> None:
    ticket = ticket_of("anna@example.com", taken=True)

    answer = merge(api, ticket, ticket_of("boris@example.com"))

    assert answer.json()["operator"] == ticket.operator_id


def test_the_people_of_a_merged_ticket_become_participants(api: APIClient) -> None:
    ticket, target = ticket_of("anna@example.com"), ticket_of("boris@example.com")
    for email in ("carl@example.com", "boris@example.com", "dora@example.com"):
        ParticipantFactory.create(ticket=ticket, email=email)
    ParticipantFactory.create(ticket=ticket, email="gone@example.com", is_removed=True)
    ParticipantFactory.create(ticket=target, email="dora@example.com")

    merge(api, ticket, target)

    assert people(target) == ["dora@example.com", "anna@example.com", "carl@example.com"]
    assert Participant.objects.filter(ticket=target, merged_from=ticket).count() == 2


def test_a_merge_brings_as_many_people_as_there_is_room_for(api: APIClient) -> None:
    ticket, target = ticket_of("anna@example.com"), ticket_of("boris@example.com")
    ParticipantFactory.create_batch(3, ticket=ticket)
    ParticipantFactory.create_batch(18, ticket=target)

    merge(api, ticket, target)

    first = Participant.objects.filter(ticket=ticket).order_by("pk")[0].email
    assert people(target)[18:] == ["anna@example.com", first]


def test_a_merge_without_room_for_the_requester_is_409(api: APIClient) -> None:
    ticket, target = ticket_of("anna@example.com"), ticket_of("boris@example.com")
    ParticipantFactory.create_batch(20, ticket=target)

    answer = merge(api, ticket, target)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_participants")
    assert Ticket.objects.get(pk=ticket.pk).status == "new"
    assert not HistoryEntry.objects.exists()


def test_a_merge_into_itself_is_400(api: APIClient) -> None:
    ticket = TicketFactory.create()

    answer = merge(api, ticket, ticket)

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["into"])
    assert Ticket.objects.get().status == "new"


@pytest.mark.parametrize("into", [0, -1, "x", "", None, 2**64, [1], {"a": 1}, True])
def test_a_wrong_number_is_400(api: APIClient, into: object) -> None:
    ticket = TicketFactory.create()

    answer = api.post(f"/requests/user_requests/{ticket.pk}/merge/", {"into": into}, format="json")

    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["into"])


def test_an_unknown_ticket_is_404(api: APIClient) -> None:
    ticket = TicketFactory.create()
    unknown = Ticket(pk=ticket.pk + 1)

    assert merge(api, ticket, unknown).status_code == 404
    assert merge(api, unknown, ticket).status_code == 404
    assert unmerge(api, unknown).status_code == 404
    assert Ticket.objects.get().status == "new"


def test_closed_tickets_are_not_merged(api: APIClient) -> None:
    ticket, closed = TicketFactory.create(), TicketFactory.create(closed=True)

    answers = [merge(api, ticket, closed), merge(api, closed, ticket)]

    codes = [(answer.status_code, answer.json()["error"]["code"]) for answer in answers]
    assert codes == [(409, "not_allowed_in_this_status")] * 2
    assert not HistoryEntry.objects.exists()


def test_a_merged_ticket_and_one_that_has_others_are_not_merged(api: APIClient) -> None:
    ticket, target, third = TicketFactory.create_batch(3)
    merge(api, ticket, target)

    answers = [merge(api, ticket, third), merge(api, third, ticket), merge(api, target, third)]

    codes = [(answer.status_code, answer.json()["error"]["code"]) for answer in answers]
    assert codes == [(409, "merged"), (409, "merged"), (409, "has_merged")]
    assert merge(api, third, target).status_code == 200


@pytest.mark.parametrize("is_taken", [False, True])
def test_unmerging_restores_the_ticket(api: APIClient, is_taken: bool) -> None:
    snoozed_until = timezone.now() + timedelta(days=1)
    ticket = ticket_of("anna@example.com", taken=is_taken, snoozed_until=snoozed_until)
    target = ticket_of("boris@example.com")
    before = Ticket.objects.get(pk=ticket.pk)
    merge(api, ticket, target)

    answer = unmerge(api, ticket)

    assert (answer.status_code, answer.json()["merged_into"]) == (200, None)
    assert (answer.json()["version"], answer["ETag"]) == (3, '"3"')
    after = Ticket.objects.get(pk=ticket.pk)
    for column in ("status", "operator", "waiting_on", "waiting_since", "snoozed_until"):
        assert getattr(after, column) == getattr(before, column)
    assert Ticket.objects.get(pk=target.pk).version == 3
    status = before.status
    details = {"before": {"into": target.pk}, "after": None}
    assert history(ticket)[1:] == [("unmerged", "closed", status, details, 3)]
    details = {"before": {"from": ticket.pk}, "after": None}
    assert history(target)[1:] == [("unmerged", "new", "new", details, 3)]
    assert not OutboundEmail.objects.exists()


def test_a_snooze_that_has_passed_is_not_restored(api: APIClient) -> None:
    ticket = TicketFactory.create(snoozed_until=timezone.now() - timedelta(seconds=1))
    merge(api, ticket, TicketFactory.create())

    assert unmerge(api, ticket).json()["snoozed_until"] is None


def test_unmerging_takes_back_the_people_whom_the_merge_brought(api: APIClient) -> None:
    ticket, target = ticket_of("anna@example.com"), ticket_of("boris@example.com")
    for email in ("carl@example.com", "dora@example.com", "emil@example.com"):
        ParticipantFactory.create(ticket=ticket, email=email)
    ParticipantFactory.create(ticket=target, email="dora@example.com")
    emil = ParticipantFactory.create(ticket=target, email="emil@example.com", is_removed=True)
    merge(api, ticket, target)
    assert people(target) == [
        "dora@example.com",
        "emil@example.com",
        "anna@example.com",
        "carl@example.com",
    ]

    unmerge(api, ticket)

    assert people(target) == ["dora@example.com"]
    emil.refresh_from_db()
    assert (emil.is_removed, emil.merged_from) == (True, None)
    assert len(people(ticket)) == 3


def test_a_ticket_is_merged_again_and_unmerged_from_the_other_one(api: APIClient) -> None:
    ticket, first, second = TicketFactory.create_batch(3)
    merge(api, ticket, first)
    unmerge(api, ticket)
    merge(api, ticket, second)

    answer = unmerge(api, ticket)

    assert (answer.status_code, answer.json()["status"]) == (200, "new")
    assert history(second)[-1][3] == {"before": {"from": ticket.pk}, "after": None}
    assert not Participant.objects.exists()


def test_a_ticket_that_is_not_merged_is_409(api: APIClient) -> None:
    for ticket in (TicketFactory.create(), TicketFactory.create(closed=True)):
        answer = unmerge(api, ticket)

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_merged")


def test_unmerging_beside_another_open_ticket_is_409(api: APIClient) -> None:
    ticket, target = TicketFactory.create_batch(2)
    merge(api, ticket, target)
    other = TicketFactory.create(requester=ticket.requester)

    answer = unmerge(api, ticket)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "has_open_request")
    assert error["request_id"] == other.pk
    assert Ticket.objects.get(pk=ticket.pk).merged_into == target


def test_a_holder_who_was_deactivated_holds_the_unmerged_ticket(api: APIClient) -> None:
    gone = OperatorFactory.create()
    ticket = TicketFactory.create(status="in_progress", operator=gone)
    merge(api, ticket, TicketFactory.create())
    Operator.objects.filter(pk=gone.pk).update(is_active=False)

    assert unmerge(api, ticket).json()["operator"] == gone.pk
