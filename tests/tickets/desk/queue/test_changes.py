"""`GET /desk/changes/`: whether an open page is as it was."""

import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operators.models import Operator
from tests.benchmarks import filling
from tests.factories import (
    DraftFactory,
    HistoryEntryFactory,
    MessageFactory,
    OperatorFactory,
    TicketFactory,
    minutes_ago,
)
from tests.plans import rows_read
from tickets import services
from tickets.desk.changes import changes_tag
from tickets.models import Draft, Message, Ticket
from tickets.seen import mark_seen

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _same_minute() -> Iterator[None]:
    with patch("tickets.desk.changes.time.time", return_value=1_800_000_000.0):
        yield


def ask(desk: Client, tag: str = "", path: str = "/desk/changes/") -> Any:
    return desk.get(path, headers={"If-None-Match": tag} if tag else {})


def test_who_is_not_signed_in_is_asked_to(client: Client) -> None:
    assert ask(client).status_code == 302


def test_a_page_asks_with_the_tag_that_it_came_with(desk: Client, ticket: Ticket) -> None:
    html = desk.get("/desk/").content.decode()

    (url, tag) = re.findall(r'data-changes="([^"]+)" data-changes-tag="([^"]+)"', html)[0]
    answer = ask(desk, tag.replace("&quot;", '"'), url)

    assert (url, answer.status_code, answer.content) == ("/desk/changes/", 304, b"")


def test_the_page_of_a_ticket_asks_about_it(desk: Client, ticket: Ticket) -> None:
    html = desk.get(f"/desk/tickets/{ticket.pk}/").content.decode()

    assert f'data-changes="/desk/changes/?ticket={ticket.pk}"' in html


def test_it_is_304_until_something_happens(
    desk: Client, operator: Operator, ticket: Ticket
) -> None:
    first = ask(desk)
    assert (first.status_code, first.content) == (200, b"")
    assert ask(desk, first["ETag"]).status_code == 304

    services.take_ticket(ticket_id=ticket.pk, by=operator)

    second = ask(desk, first["ETag"])
    assert (second.status_code, second["ETag"] == first["ETag"]) == (200, False)
    assert ask(desk, second["ETag"]).status_code == 304


def test_an_entry_with_a_smaller_number_that_commits_late_is_seen(operator: Operator) -> None:
    for number in (1000, 1001, 1005):
        HistoryEntryFactory.create(pk=number)
    with patch("tickets.desk.changes._ENTRIES", 3):
        before = changes_tag(operator)
        HistoryEntryFactory.create(pk=1003)

        assert changes_tag(operator) != before


def test_a_colleagues_writing_is_seen_when_it_begins_and_ends_but_not_each_time_it_is_kept(
    operator: Operator, ticket: Ticket
) -> None:
    nobody = changes_tag(operator)
    DraftFactory.create(ticket=ticket, operator=operator)
    assert changes_tag(operator) == nobody

    draft = DraftFactory.create(ticket=ticket)
    begun = changes_tag(operator)
    draft.text = "more"
    draft.save()
    kept = changes_tag(operator)
    draft.updated_at = minutes_ago(3)
    draft.save()

    assert begun != nobody
    assert kept == begun
    assert changes_tag(operator) == nobody


def test_a_list_is_renewed_when_its_reader_has_seen_a_ticket(
    operator: Operator, ticket: Ticket
) -> None:
    before = changes_tag(operator), changes_tag(operator, ticket.pk)
    other = OperatorFactory.create()
    mark_seen(ticket, other)
    assert changes_tag(operator) == before[0]

    mark_seen(ticket, operator)

    assert changes_tag(operator) != before[0]
    assert changes_tag(operator, ticket.pk) == before[1]


def test_the_page_of_a_ticket_sees_its_deliveries(operator: Operator) -> None:
    message = MessageFactory.create(
        sender_type=Message.SenderType.OPERATOR, operator=operator, delivery={"state": "queued"}
    )
    other = TicketFactory.create()
    before = changes_tag(operator, message.ticket_id), changes_tag(operator, other.pk)

    message.delivery = {"state": "sent"}
    message.save()

    assert changes_tag(operator, message.ticket_id) != before[0]
    assert changes_tag(operator, other.pk) == before[1]


def test_a_page_is_renewed_once_a_minute(operator: Operator) -> None:
    before = changes_tag(operator)

    with patch("tickets.desk.changes.time.time", return_value=1_800_000_060.0):
        after = changes_tag(operator)

    assert before != after


@pytest.mark.parametrize("ticket", ["987654", "x", "-1", "9" * 40, "1'", ""])
def test_an_unknown_ticket_changes_nothing(desk: Client, ticket: str) -> None:
    assert ask(desk, path=f"/desk/changes/?ticket={ticket}").status_code == 200


def test_it_takes_the_session_its_operator_and_one_statement(desk: Client) -> None:
    ask(desk)

    with CaptureQueriesContext(connection) as queries:
        ask(desk)

    assert len(queries) == 3


@pytest.mark.parametrize("of_ticket", [False, True])
def test_the_statement_reads_few_rows_of_large_tables(operator: Operator, of_ticket: bool) -> None:
    ticket_id = 1
    numbers = range(101, 2101)  # among them those who hold the tickets below
    Operator.objects.bulk_create(
        (Operator(pk=number, name="x") for number in numbers), ignore_conflicts=True
    )
    with connection.cursor() as cursor:
        filling.fill_tickets(cursor, 2000, messages_each=2)
        cursor.execute(
            "INSERT INTO tickets_historyentry (ticket_id, event, status_after, created_at)"
            " SELECT %s, 'requester_wrote', 'new', now() FROM generate_series(1, 20000)",
            [ticket_id],
        )
        cursor.execute(
            "INSERT INTO tickets_seenticket (ticket_id, operator_id, message_count, seen_at)"
            " SELECT id, %s, 1, now() FROM tickets_ticket",
            [operator.pk],
        )
    long_ago = {"created_at": minutes_ago(60), "updated_at": minutes_ago(60)}
    Draft.objects.bulk_create(
        Draft(ticket_id=ticket_id, operator_id=number, **long_ago) for number in numbers
    )

    with rows_read() as counts, connection.cursor() as cursor:
        cursor.execute("ANALYZE tickets_historyentry, tickets_draft, tickets_seenticket")
        changes_tag(operator, ticket_id if of_ticket else None)

    assert 1 <= max(counts) <= 1000  # the last entries of the history
