"""`GET, PUT, DELETE /requests/user_requests/{id}/draft/`, and `GET …/drafts/`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from operators.models import Operator
from tests.conftest import client_of
from tests.factories import DraftFactory, MessageFactory, OperatorFactory, TicketFactory
from tests.responses import error_of, fetch_pages
from tests.tickets.requests import post_reply, upload_files
from tickets import services
from tickets.exceptions import NotAllowedInThisStatus
from tickets.files.store import purge_unused_files
from tickets.models import Attachment, Draft, HistoryEntry, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("files_folder")]


def path(ticket: Ticket, name: str = "draft") -> str:
    return f"/requests/user_requests/{ticket.pk}/{name}/"


def put(client: APIClient, ticket: Ticket, body: Any) -> Any:
    return client.put(path(ticket), body, format="json")


def test_a_draft_is_kept_and_replaced(api: APIClient, operator: Operator, ticket: Ticket) -> None:
    (file,) = upload_files(api, ticket, b"x")

    first = put(api, ticket, {"title": "Re: ", "text": " Hello,\n", "files": [file]})
    second = put(api, ticket, {"text": "Hello, Ivan"})

    assert (first.status_code, second.status_code) == (200, 200)
    shown = first.json()
    assert shown == {
        "request": ticket.pk,
        "operator_id": operator.pk,
        "title": "Re: ",
        "text": " Hello,\n",
        "files": [file],
        "since": shown["since"],
        "date_update": shown["since"],
    }
    replaced = {"title": "", "text": "Hello, Ivan", "files": []}
    assert second.json() == {**shown, **replaced, "date_update": second.json()["date_update"]}
    assert second.json()["date_update"] > shown["since"]
    assert api.get(path(ticket)).json() == second.json()


def test_a_draft_changes_nothing_in_the_ticket(api: APIClient, ticket: Ticket) -> None:
    before = Ticket.objects.values().get()

    put(api, ticket, {"text": "Hello"})
    api.delete(path(ticket))

    assert Ticket.objects.values().get() == before
    assert not HistoryEntry.objects.exists()


def test_each_operator_has_a_draft_in_each_ticket(api: APIClient, ticket: Ticket) -> None:
    other = client_of(OperatorFactory.create())
    closed = TicketFactory.create(closed=True)
    for client, where, text in ((api, ticket, "1"), (other, ticket, "2"), (api, closed, "3")):
        assert put(client, where, {"text": text}).status_code == 200

    api.delete(path(closed))

    assert api.get(path(ticket)).json()["text"] == "1"
    assert other.get(path(ticket)).json()["text"] == "2"
    error_of(api.get(path(closed)), 404, "not_found")
    error_of(other.get(path(closed)), 404, "not_found")


def test_a_draft_is_dropped_once(api: APIClient, ticket: Ticket) -> None:
    put(api, ticket, {"text": "Hello"})

    dropped = api.delete(path(ticket))

    assert (dropped.status_code, dropped.content) == (204, b"")
    error_of(api.delete(path(ticket)), 404, "not_found")
    error_of(api.get(path(ticket)), 404, "not_found")


def test_an_unknown_ticket_has_no_drafts(api: APIClient) -> None:
    unknown = Ticket(pk=987_654)

    for answer in (
        api.get(path(unknown)),
        put(api, unknown, {"text": 1.5, "files": "x"}),
        api.delete(path(unknown)),
        api.get(path(unknown, "drafts")),
    ):
        error_of(answer, 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [[], {"text": None}, {"text": "x\0"}, {"text": "x" * 100_001}, {"title": "x" * 2001},
     {"files": [0]}, {"files": "x"}, {"files": [987_654]}],
)  # fmt: skip
def test_what_no_answer_takes_no_draft_takes(api: APIClient, ticket: Ticket, body: Any) -> None:
    error_of(put(api, ticket, body), 400, "invalid")

    assert not Draft.objects.exists()


def test_a_draft_names_own_unsent_files_of_the_ticket_once(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    own, sent = upload_files(api, ticket, b"own", b"sent")
    post_reply(api, operator, ticket, files=[sent])
    (others,) = upload_files(client_of(OperatorFactory.create()), ticket, b"other")
    (elsewhere,) = upload_files(api, MessageFactory.create().ticket, b"elsewhere")

    for files in ([sent], [others], [elsewhere], [own, own]):
        error = error_of(put(api, ticket, {"files": files}), 400, "invalid")
        assert set(error["fields"]) == {"files"}

    assert put(api, ticket, {"files": [own]}).status_code == 200


def test_a_sent_answer_drops_the_operators_own_draft(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    (file,) = upload_files(api, ticket, b"x")
    put(api, ticket, {"text": "Hello", "files": [file]})
    others = DraftFactory.create(ticket=ticket)
    elsewhere = DraftFactory.create(operator=operator)

    post_reply(api, operator, ticket, files=[file])

    assert set(Draft.objects.all()) == {others, elsewhere}


def test_an_answer_that_is_refused_leaves_the_draft(operator: Operator) -> None:
    closed = TicketFactory.create(closed=True)
    DraftFactory.create(ticket=closed, operator=operator)

    with pytest.raises(NotAllowedInThisStatus):
        services.reply(ticket_id=closed.pk, by=operator, title="Re", text="Re")

    assert Draft.objects.count() == 1


def test_the_uploads_of_a_draft_are_kept_as_long_as_the_draft(
    api: APIClient, ticket: Ticket, files_folder: Path
) -> None:
    kept, unused = upload_files(api, ticket, b"kept", b"unused")
    put(api, ticket, {"files": [kept]})
    Attachment.objects.update(created_at=timezone.now() - timedelta(hours=25))

    purge_unused_files()
    with_draft = list(Attachment.objects.values_list("pk", flat=True))
    api.delete(path(ticket))
    purge_unused_files()

    assert with_draft == [kept]
    assert not Attachment.objects.filter(pk__in=[kept, unused]).exists()


def test_the_others_who_write_are_listed_without_their_text(
    api: APIClient, operator: Operator, ticket: Ticket
) -> None:
    put(api, ticket, {"text": "mine"})
    DraftFactory.create(text="elsewhere")
    DraftFactory.create(ticket=ticket, operator=OperatorFactory.create(is_active=False))
    drafts = [DraftFactory.create(ticket=ticket) for _ in range(3)]

    pages = fetch_pages(api, f"{path(ticket, 'drafts')}?page_size=2")

    rows = [row for page in pages for row in page["results"]]
    assert [set(row) for row in rows] == [{"operator_id", "since"}] * 3
    assert [row["operator_id"] for row in rows] == [draft.operator_id for draft in drafts]
