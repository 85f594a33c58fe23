"""`If-Match` on every change of a ticket, the order of checks, and what a 412 shows."""

from datetime import timedelta
from functools import partial

import pytest
from django.urls import resolve
from django.utils import timezone
from rest_framework.test import APIClient

from operators.models import Operator
from tests.factories import NoteFactory, OperatorFactory, TicketFactory
from tests.operators.changes import CHANGES, Change, change_name, database
from tests.responses import error_of
from tests.security.rows.base import Row
from tests.security.world import World
from tests.tickets.requests import close, post_reply, take
from tickets import properties, services
from tickets.api.preconditions import TicketChangeView
from tickets.models import HistoryEntry, Priority, Ticket
from tickets.note_models import Note

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]

# They belong to a ticket, and are no change of it.
NO_CHANGES = ("/files/", "/draft/", "/seen/")
OF_TICKETS = [
    row
    for row in CHANGES
    if any(name in row.path for name in ("{ticket}", "{taken}", "{closed}", "{merged}"))
    and not row.path.endswith(NO_CHANGES)
]

each_change = pytest.mark.parametrize("row", OF_TICKETS, ids=change_name)


def change_of_changed_ticket(row: Row) -> tuple[Change, Ticket]:
    """Return a change, and its ticket, which somebody has changed: its version is 2."""
    change = Change(row)
    ticket_id = resolve(change.path).kwargs["request_id"]
    ticket = properties.change_ticket(
        ticket_id=ticket_id, by=change.world.boss, changes={"priority": Priority.URGENT}
    )
    assert ticket.version == 2
    return change, ticket


def test_every_change_of_a_ticket_takes_if_match_and_nothing_else() -> None:
    world = World()
    taking = {
        change_name(row)
        for row in CHANGES
        if issubclass(resolve(world.path(row.path)).func.cls, TicketChangeView)  # type: ignore[attr-defined]
    }

    assert taking == {change_name(row) for row in OF_TICKETS}
    assert len(taking) >= 13


@each_change
def test_an_old_version_is_412_with_what_came_since(row: Row) -> None:
    change, _ticket = change_of_changed_ticket(row)
    before = database()

    answer = change.make({"If-Match": '"1"'})

    error = error_of(answer, 412, "stale", extra=("missed", "version"))
    assert error["version"] == 2
    assert [(entry["type"], entry["event"]) for entry in error["missed"]] == [
        ("event", "priority_changed")
    ]
    assert answer.headers["ETag"] == '"2"'
    assert database() == before


@each_change
@pytest.mark.parametrize("header", ['"2"', "*", ' "2" '])
def test_the_present_version_and_any_are_accepted(row: Row, header: str) -> None:
    change, ticket = change_of_changed_ticket(row)

    answer = change.make({"If-Match": header})

    assert answer.status_code == row.status, answer.content
    ticket.refresh_from_db()
    assert ticket.version == 3


@each_change
@pytest.mark.parametrize(
    "header", ['W/"2"', '"1", "2"', '"2", *', "2", '"x"', '""', "", '"02"', '"-1"', '"２"', '"2']
)
def test_anything_else_is_400_that_names_the_header(row: Row, header: str) -> None:
    change, ticket = change_of_changed_ticket(row)

    error = error_of(change.make({"If-Match": header, "Accept-Language": "en"}), 400, "invalid")

    assert error["fields"] == {
        "If-Match": ['Send the one ETag of the request as it was answered, such as "17", or *.']
    }
    assert Ticket.objects.get(pk=ticket.pk).version == 2


@pytest.mark.parametrize("version", ["0", "3", "2147483648", "9999999999"])
def test_a_version_that_never_was_is_412(api: APIClient, ticket: Ticket, version: str) -> None:
    path = f"/requests/user_requests/{ticket.pk}/"

    answer = api.patch(
        path, {"priority": "high"}, format="json", headers={"If-Match": f'"{version}"'}
    )

    error = error_of(answer, 412, "stale", extra=("missed", "version"))
    assert error["missed"] == []


def test_reading_ignores_it(api: APIClient, ticket: Ticket) -> None:
    for path in ("", "timeline/", "notes/"):
        url = f"/requests/user_requests/{ticket.pk}/{path}"
        assert api.get(url, headers={"If-Match": "W/x"}).status_code == 200


OLD, MALFORMED = {"If-Match": '"1"'}, {"If-Match": "W/x"}


@pytest.fixture
def changed(operator: Operator) -> Ticket:
    """A ticket in progress of the operator's, of version 2."""
    ticket = TicketFactory.create(status="in_progress", operator=operator)
    return properties.change_ticket(
        ticket_id=ticket.pk, by=operator, changes={"priority": Priority.HIGH}
    )


def test_401_403_and_404_come_first(api: APIClient, operator: Operator, changed: Ticket) -> None:
    other, unknown = OperatorFactory.create(), Ticket(pk=999_999)
    theirs = NoteFactory.create(ticket=changed, author=other)
    url = f"/requests/user_requests/{changed.pk}/"

    for headers in (OLD, MALFORMED):
        patch = partial(api.patch, data={"text": "x"}, format="json", headers=headers)
        error_of(APIClient().patch(url, headers=headers), 401, "not_authenticated")
        other_path = f"/ops/{other.pk}/requests/{changed.pk}/close/"
        error_of(api.post(other_path, headers=headers), 403, "permission_denied")
        unknown_path = f"/ops/{operator.pk}/requests/{unknown.pk}/progress/"
        error_of(api.post(unknown_path, headers=headers), 404, "not_found")
        error_of(patch(f"{url}notes/{theirs.pk}/"), 403, "permission_denied")
        error_of(patch(f"{url}notes/999999/"), 404, "not_found")
    error_of(api.delete(f"{url}participants/999999/", headers=OLD), 404, "not_found")
    merge = partial(api.post, f"{url}merge/", format="json", headers=OLD)
    error_of(merge(data={"into": 999_999}), 404, "not_found")
    assert HistoryEntry.objects.count() == 1


def test_400_comes_before_412(api: APIClient, operator: Operator, changed: Ticket) -> None:
    url = f"/requests/user_requests/{changed.pk}/"
    post = partial(api.post, format="json", headers=OLD)

    for answer in (
        api.patch(url, {"priority": "highest"}, format="json", headers=OLD),
        api.patch(url, {}, format="json", headers=OLD),
        post(f"{url}assign/", {"operator_id": 999_999}),
        post(f"{url}notes/", {"text": " "}),
        post(f"{url}participants/", {"email": changed.requester.email}),
        post(f"{url}participants/", {"email": "desk@servicedesk.example"}),
        post(f"{url}merge/", {"into": changed.pk}),
        post_reply(api, operator, changed, OLD, files=[999_999]),
        post_reply(api, operator, changed, OLD, recipient_mail="x@example.com"),
    ):
        error_of(answer, 400, "invalid")
    services.close_ticket(ticket_id=changed.pk, by=operator)
    snooze = {"snoozed_until": "2999-01-02T09:00:00Z"}
    error_of(api.patch(url, snooze, format="json", headers=OLD), 400, "invalid")


def test_412_comes_before_409(api: APIClient, operator: Operator, changed: Ticket) -> None:
    taking = f"/ops/{operator.pk}/requests/{changed.pk}/progress/"
    reopening = f"/requests/user_requests/{changed.pk}/reopen/"
    note = NoteFactory.create(
        ticket=changed, author=operator, created_at=timezone.now() - timedelta(hours=1)
    )
    editing = f"/requests/user_requests/{changed.pk}/notes/{note.pk}/"

    for path in (taking, reopening):
        assert api.post(path, headers=OLD).status_code == 412
        assert api.post(path, headers={"If-Match": '"2"'}).status_code == 409
    edit = partial(api.patch, editing, {"text": "x"}, format="json")
    assert edit(headers=OLD).status_code == 412
    assert edit(headers={"If-Match": '"2"'}).status_code == 409


def test_a_key_comes_before_if_match(api: APIClient, changed: Ticket) -> None:
    url = f"/requests/user_requests/{changed.pk}/"
    patch = partial(api.patch, url, format="json")
    first = patch({"priority": "low"}, headers={"Idempotency-Key": "k", "If-Match": '"2"'})

    repeated = patch({"priority": "low"}, headers={"Idempotency-Key": "k", "If-Match": '"2"'})
    other = patch({"priority": "high"}, headers={"Idempotency-Key": "k", "If-Match": '"2"'})

    assert (first.status_code, first.headers["ETag"]) == (200, '"3"')
    assert (repeated.content, repeated.headers["ETag"]) == (first.content, '"3"')
    error_of(other, 422, "key_of_another_request")


def test_after_a_412_the_request_goes_on_under_its_key(api: APIClient, changed: Ticket) -> None:
    url = f"/requests/user_requests/{changed.pk}/"
    patch = partial(api.patch, url, {"priority": "low"}, format="json")

    refused = patch(headers={"Idempotency-Key": "k", **OLD})
    version = refused.json()["error"]["version"]
    accepted = patch(headers={"Idempotency-Key": "k", "If-Match": f'"{version}"'})

    assert (refused.status_code, accepted.status_code) == (412, 200)
    assert refused.json()["error"]["missed"][0]["event"] == "priority_changed"


def test_a_bulk_change_names_the_version_and_not_what_was_missed(
    api: APIClient, changed: Ticket
) -> None:
    body = {"requests": [{"request_id": changed.pk, "version": 1}], "action": "close"}

    answer = api.post("/requests/bulk/", body, format="json", headers={"If-Match": "W/x"})

    (result,) = answer.json()["results"]
    assert result["status"] == 412
    assert set(result["error"]) == {"code", "message", "fields", "version"}


def test_without_the_header_all_is_as_before(
    api: APIClient, operator: Operator, changed: Ticket
) -> None:
    ticket = TicketFactory.create()

    assert take(api, operator, ticket).status_code == 200
    assert post_reply(api, operator, ticket).status_code == 201
    assert Note.objects.count() == 0
    assert close(api, operator, ticket).status_code == 200
